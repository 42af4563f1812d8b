// The side: what the page is called and sums up to, search, switches, tabs, the tree of places.
"use strict";

geomap.panel = (function () {
  const el = (...args) => geomap.el(...args);
  const TABS = { article: "Article", places: "Places", unplaced: "Not placed", about: "About" };
  const rows = new Map(); // place -> its button in the tree

  function start() {
    const { data } = geomap;
    geomap.byId("gm-title").textContent = data.title;
    if (data.articles.length > 1) TABS.article = "Articles";
    meta();
    tabs();
    switches();
    about();
    unplaced();
    search();
    refresh();
    geomap.on("change", refresh);
    geomap.on("select", ({ place }) => {
      for (const [each, row] of rows) row.setAttribute("aria-current", String(each === place));
      if (place && !geomap.byId("gm-panel-places").hidden) {
        let box = rows.get(place)?.closest("details");
        for (; box; box = box.parentElement.closest("details")) box.open = true;
        rows.get(place)?.scrollIntoView({ block: "nearest" });
      }
    });
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
    const literal = placed.filter((m) => m.role === "literal").length;
    const missing = data.mentions.length - placed.length;
    const parts = [`${geomap.plural(placed.length, "mention")} of ${geomap.plural(data.places.length, "place")}`];
    if (missing) parts.push(`${geomap.plural(missing, "name")} not placed`);
    if (!state.literal || !state.associative || state.articles) parts.push(`${geomap.plural(shown.length, "place")} shown`);
    geomap.byId("gm-summary").textContent = parts.join(" · ");
    label("gm-literal", `Where it happened (${literal})`);
    label("gm-associative", `Only named (${placed.length - literal})`);
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

  function refresh() {
    summary();
    tree();
  }

  const tally = (literal, associative) =>
    el("span", { class: "gm-tally" },
      literal ? el("b", { title: geomap.plural(literal, "mention") + " where it happened" }, String(literal)) : null,
      associative ? el("i", { title: geomap.plural(associative, "mention") + " only named" }, String(associative)) : null);

  function row(place) {
    const classes = ["gm-row", place.literal ? "gm-row-literal" : "gm-row-associative"];
    if (geomap.places.isUnsure(place)) classes.push("gm-row-unsure");
    const button = el("button", { type: "button", class: classes.join(" "), "data-place": place.id,
      "aria-current": String(place === geomap.state.place), "aria-label": geomap.places.spoken(place),
      onclick: (event) => geomap.select(place, { from: "panel", keyboard: event.detail === 0 }) },
      el("span", { class: `gm-glyph gm-glyph-${geomap.places.isArea(place) ? "area" : "pin"}`, "aria-hidden": "true" }),
      geomap.name(place.name), geomap.places.isUnsure(place) ? el("span", { class: "gm-doubt" }, "?") : null,
      tally(place.literal, place.associative));
    rows.set(place, button);
    return button;
  }

  // Country, region, place, the most mentioned first.
  function tree() {
    const panel = geomap.byId("gm-panel-places");
    const closed = new Set([...panel.querySelectorAll("details:not([open])")].map((d) => d.dataset.key));
    rows.clear();
    const shown = geomap.data.places.filter((p) => p.count > 0);
    count("places", shown.length);
    const countries = new Map();
    for (const place of shown) {
      const key = place.country || "";
      if (!countries.has(key)) countries.set(key, { name: place.country_name || (key ? key : "Beyond one country"), places: [], regions: new Map() });
      const country = countries.get(key);
      if (place.kind === "country" || !place.region) country.places.push(place);
      else {
        if (!country.regions.has(place.region)) {
          const known = geomap.regionsById.get(place.region);
          country.regions.set(place.region, { name: known ? known.name : place.admin1_name || place.region, places: [] });
        }
        country.regions.get(place.region).places.push(place);
      }
    }
    const weigh = (places) => places.reduce((sum, p) => ({ literal: sum.literal + p.literal, associative: sum.associative + p.associative }), { literal: 0, associative: 0 });
    const byWeight = (a, b) => b.weight.literal - a.weight.literal || b.weight.associative - a.weight.associative;
    const order = (places) => places.sort((a, b) => Number(b.isAdmin1) - Number(a.isAdmin1) || b.literal - a.literal || b.count - a.count);
    const groups = [...countries].map(([key, country]) => {
      const all = [...country.places, ...[...country.regions.values()].flatMap((r) => r.places)];
      return { key, ...country, weight: weigh(all), n: all.length };
    }).sort(byWeight);
    const group = (key, name, weight, level, children) =>
      el("details", { class: `gm-group gm-group-${level}`, open: !closed.has(key), "data-key": key },
        el("summary", {}, geomap.name(name), tally(weight.literal, weight.associative)), el("ul", {}, children));
    panel.replaceChildren(
      el("p", { class: "gm-hint" }, el("b", {}, "n"), " mentions where something is or happens, ", el("i", {}, "n"), " where it is only named."),
      ...groups.map((country) => {
        const regions = [...country.regions].map(([key, region]) => ({ key, ...region, weight: weigh(region.places) })).sort(byWeight);
        return group(country.key || "none", country.name, country.weight, "country", [
          ...order(country.places).map((p) => el("li", {}, row(p))),
          ...regions.map((region) => el("li", {}, group(region.key, region.name, region.weight, "region", order(region.places).map((p) => el("li", {}, row(p)))))),
        ]);
      }),
      shown.length ? "" : el("p", { class: "gm-empty" }, "No place is shown: switch something on above."));
  }

  function unplaced() {
    const panel = geomap.byId("gm-panel-unplaced");
    const missing = geomap.data.mentions.filter((m) => !m.at);
    count("unplaced", missing.length);
    geomap.byId("gm-tab-unplaced").hidden = missing.length === 0;
    panel.append(el("p", { class: "gm-hint" }, "Names that look like places but were left off the map, and why."),
      el("ul", { class: "gm-missing" }, missing.map((m) => el("li", {},
        el("button", { type: "button", class: "gm-quote", onclick: () => geomap.article.show(m) }, el("strong", {}, geomap.name(m.text)), " ", geomap.details.sentence(m, 160)),
        el("p", { class: "gm-fact", dir: "auto" }, m.reasons.join("; ") || "no reason given")))));
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
      el("h2", {}, "Sources"),
      el("ul", {},
        el("li", {}, "Places and names: GeoNames, CC BY 4.0"),
        el("li", {}, "Outlines: Natural Earth, public domain"),
        el("li", {}, "Map script: Leaflet, BSD 2-Clause, made into a page with Folium")),
      el("p", {}, data.tiles
        ? `This page loads background pictures from ${data.tiles.host}, which sees who opens it. It contacts no other host.`
        : "This page contacts no server: everything in it is in the file."));
  }

  // Search as you type over names and the forms they have in the text.
  function search() {
    const input = geomap.byId("gm-query");
    const hits = geomap.byId("gm-hits");
    let at = -1;
    const fold = (text) => text.normalize("NFKD").replace(/[\u0300-\u036f'’ʼ′`‘.]/g, "").toLowerCase();
    const keys = new Map();
    const keyOf = (place) => {
      if (!keys.has(place)) keys.set(place, [place.name, ...place.variants, place.admin1_name || "", place.country_name || ""].map(fold));
      return keys.get(place);
    };
    const close = () => {
      hits.hidden = true;
      at = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };
    const choose = (place, keyboard) => {
      close();
      input.value = place.name;
      geomap.select(place, { from: "panel", keyboard });
    };
    const find = () => {
      const query = fold(input.value.trim());
      if (!query) return close();
      const score = (place) => {
        const names = keyOf(place);
        const own = names.slice(0, -2);
        if (own.some((n) => n.startsWith(query))) return 3;
        if (own.some((n) => n.includes(query))) return 2;
        return names.some((n) => n.startsWith(query)) ? 1 : 0;
      };
      const found = geomap.data.places.filter((p) => p.count > 0).map((place) => ({ place, score: score(place) }))
        .filter((hit) => hit.score > 0).sort((a, b) => b.score - a.score || b.place.count - a.place.count).slice(0, 12);
      at = -1;
      hits.replaceChildren(...(found.length ? found.map(({ place }, i) =>
        el("li", { role: "option", id: `gm-hit-${i}`, "aria-selected": "false", onmousedown: (e) => e.preventDefault(), onclick: () => choose(place, false) },
          geomap.name(place.name), el("span", { class: "gm-fact" }, [place.isAdmin1 ? null : place.admin1_name, place.kind === "country" ? "country" : place.country_name].filter(Boolean).join(", "))))
        : [el("li", { class: "gm-empty", role: "option", "aria-disabled": "true" }, "Nothing by that name")]));
      hits.hidden = false;
      input.setAttribute("aria-expanded", "true");
      hits.found = found.map((hit) => hit.place);
    };
    input.addEventListener("input", find);
    input.addEventListener("focus", () => input.value && find());
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      const found = hits.hidden ? [] : hits.found || [];
      if (event.key === "Escape" && !hits.hidden) {
        event.stopPropagation();
        return close();
      }
      if (event.key === "Enter" && found.length) return choose(found[Math.max(at, 0)], true);
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step || !found.length) return undefined;
      event.preventDefault();
      at = (at + step + found.length) % found.length;
      [...hits.children].forEach((li, i) => li.setAttribute("aria-selected", String(i === at)));
      input.setAttribute("aria-activedescendant", `gm-hit-${at}`);
      return hits.children[at].scrollIntoView({ block: "nearest" });
    });
  }

  return { start, open };
})();
