// The side: what the page is called and sums up to, switches, tabs, and what was left unplaced.
"use strict";

geomap.panel = (function () {
  const el = (...args) => geomap.el(...args);
  const TABS = { article: "Article", places: "Places", unplaced: "Unplaced", about: "About" };
  const MANY = 300; // entries of a list that are drawn

  function start() {
    const { data } = geomap;
    geomap.byId("gm-title").textContent = data.title;
    if (data.articles.length > 1) TABS.article = "Articles";
    meta();
    tabs();
    switches();
    about();
    unplaced();
    summary();
    geomap.on("change", summary);
    geomap.on("corrected", unplaced);
  }

  function meta() {
    const { articles } = geomap.data;
    const box = geomap.byId("gm-meta");
    if (articles.length > 1) {
      const days = articles.map((a) => a.published).filter(Boolean).sort();
      const span = days.length ? `${geomap.day(days[0])} – ${geomap.day(days[days.length - 1])}` : null;
      box.textContent = [geomap.plural(articles.length, "article"), span].filter(Boolean).join(" · ");
      return;
    }
    const article = articles[0];
    if (!article) return;
    box.append(...[article.source, geomap.day(article.published)].filter(Boolean).flatMap((t, i) => (i ? [" · ", geomap.name(t)] : [geomap.name(t)])));
    if (/^https?:\/\//i.test(article.url || "")) {
      box.append(" · ", el("a", { href: article.url, rel: "noopener noreferrer", target: "_blank" }, "the original"));
    }
    box.hidden = !box.textContent;
  }

  function summary() {
    const { data, state } = geomap;
    const placed = data.mentions.filter((m) => m.at);
    const shown = data.places.filter((p) => p.count > 0);
    count("places", shown.length);
    const literal = placed.filter((m) => m.role === "literal").length;
    const missing = data.mentions.length - placed.length;
    const parts = [`${geomap.plural(placed.length, "mention")} of ${geomap.plural(new Set(placed.map((m) => m.at)).size, "place")}`];
    if (missing) parts.push(`${geomap.plural(missing, "name")} not placed`);
    if (!state.literal || !state.associative || state.articles || state.region) parts.push(`${geomap.plural(shown.length, "place")} shown`);
    geomap.byId("gm-summary").textContent = parts.join(" · ");
    label("gm-literal", `Where it happened (${literal.toLocaleString("en")})`);
    label("gm-associative", `Only named (${(placed.length - literal).toLocaleString("en")})`);
  }

  const label = (id, text) => (geomap.byId(id).parentElement.querySelector("span").textContent = text);

  function switches() {
    for (const role of ["literal", "associative"]) {
      geomap.byId(`gm-${role}`).addEventListener("change", (event) => geomap.change({ [role]: event.target.checked }));
    }
  }

  function tabs() {
    const list = geomap.byId("gm-tabs");
    for (const [name, text] of Object.entries(TABS)) {
      list.append(el("button", { type: "button", role: "tab", id: `gm-tab-${name}`, "aria-controls": `gm-panel-${name}`,
        onclick: () => open(name) }, text, el("span", { class: "gm-count" })));
    }
    list.addEventListener("keydown", (event) => {
      const names = Object.keys(TABS).filter((n) => !geomap.byId(`gm-tab-${n}`).hidden);
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const at = names.findIndex((n) => document.activeElement.id === `gm-tab-${n}`);
      const next = step ? names[(at + step + names.length) % names.length] : { Home: names[0], End: names[names.length - 1] }[event.key];
      if (!next || at < 0) return;
      event.preventDefault();
      open(next);
      geomap.byId(`gm-tab-${next}`).focus();
    });
    open("article");
  }

  function open(name) {
    for (const each of Object.keys(TABS)) {
      const tab = geomap.byId(`gm-tab-${each}`);
      tab.setAttribute("aria-selected", String(each === name));
      tab.tabIndex = each === name ? 0 : -1;
      geomap.byId(`gm-panel-${each}`).hidden = each !== name;
    }
  }

  function count(name, n) {
    const tab = geomap.byId(`gm-tab-${name}`);
    tab.querySelector(".gm-count").textContent = n ? n.toLocaleString("en") : "";
  }

  function unplaced() {
    const list = geomap.data.mentions.filter((m) => !m.at);
    count("unplaced", list.length);
    geomap.byId("gm-tab-unplaced").hidden = list.length === 0;
    if (list.length === 0 && !geomap.byId("gm-panel-unplaced").hidden) open("article");
    const panel = geomap.byId("gm-panel-unplaced");
    if (list.length === 0) return panel.replaceChildren();
    return panel.replaceChildren(
      el("p", { class: "gm-hint" }, "Names that look like places but were left off the map, and why."),
      el("ul", { class: "gm-missing" }, list.slice(0, MANY).map((m) => el("li", { "data-missing": m.id },
        el("button", { type: "button", class: "gm-quote", onclick: () => geomap.article.show(m) }, el("strong", {}, geomap.name(m.text)), " ", geomap.details.sentence(m, 160)),
        el("p", { class: "gm-fact", dir: "auto" }, m.reasons.join("; ") || "no reason given"),
        geomap.corrections.form(null, [m], m.alternatives.slice(0, 5))))),
      list.length > MANY ? el("p", { class: "gm-empty" }, `and ${(list.length - MANY).toLocaleString("en")} more, marked in the text`) : "");
  }

  // From a name in the text to why it was left off the map.
  function missing(mention) {
    open("unplaced");
    const entry = geomap.byId("gm-panel-unplaced").querySelector(`[data-missing="${mention.id}"]`);
    entry?.scrollIntoView({ block: "nearest" });
    entry?.querySelector("button").focus({ preventScroll: true });
  }

  function about() {
    const { data } = geomap;
    const panel = geomap.byId("gm-panel-about");
    panel.append(
      el("h2", {}, "How to read this map"),
      el("p", {}, "Filled pins and shaded areas are where, by the text, something is or happens. Hollow pins and faint areas were only named: a government, a people, an organisation called after the place. Dashed means unsure. The number on a pin counts its mentions."),
      el("p", {}, "Names were found and placed by a program, geomap ", data.version, ". It can be wrong: every place gives its confidence, its reasons and the runners-up, and the sentence to check it by."),
      el("h2", {}, "Borders"),
      el("p", {}, "Crimea and Sevastopol are shown as Ukraine’s, following UN General Assembly resolution 68/262, ISO 3166 and GeoNames. Outlines are simplified for drawing; a place is grouped into a region by its code in the gazetteer, not by the drawn line."),
      geomap.hasAreas() ? el("p", {}, "The areas were brought to this map by who made it; a place lies in the one that holds its point.") : "",
      el("h2", {}, "Sources"),
      el("ul", {},
        el("li", {}, "Places and names: GeoNames, CC BY 4.0"),
        geomap.credits(data).map((credit) => el("li", {}, "Some places: ", geomap.name(credit), credit.startsWith("©") ? ", ODbL" : "")),
        el("li", {}, "Outlines: Natural Earth, public domain"),
        el("li", {}, "Map script: Leaflet, BSD 2-Clause, made into a page with Folium")),
      el("p", {}, data.tiles
        ? `This page loads background pictures from ${data.tiles.host}, which sees who opens it. It contacts no other host.`
        : "This page contacts no server: everything in it is in the file."));
  }

  return { start, open, missing };
})();
