// The side of a corpus: what it sums up to, switches, tabs, sources, dates, what is unplaced, and
// what the page leaves out.
"use strict";

geomap.panel = (function () {
  const el = (...args) => geomap.el(...args);
  const TABS = { places: "Places", sources: "Sources", dates: "Dates", unplaced: "Unplaced", about: "About" };
  const number = (n) => n.toLocaleString("en");

  function start() {
    const { data } = geomap;
    geomap.byId("gm-title").textContent = data.title;
    const span = data.periods.length ? [...new Set([geomap.corpus.periodName(0), geomap.corpus.periodName(data.periods.length - 1)])].join(" – ") : null;
    geomap.byId("gm-meta").textContent = [geomap.plural(data.facts.n_articles, "article"), span, geomap.plural(data.facts.n_sources, "source")].filter(Boolean).join(" · ");
    tabs();
    for (const role of ["literal", "associative"]) {
      geomap.byId(`gm-${role}`).addEventListener("change", (event) => geomap.change({ [role]: event.target.checked }));
    }
    sources();
    unplaced();
    about();
    summary();
    dates();
    geomap.on("change", () => {
      summary();
      dates();
    });
  }

  function summary() {
    const { total } = geomap.corpus;
    const { facts, periods } = geomap.data;
    const shown = geomap.corpus.articles().shown;
    const mentions = geomap.plural(total.literal + total.associative, "mention");
    const parts = facts.left_out.places ? [mentions, `${geomap.plural(total.places, "place")} drawn of ${number(facts.n_places)}`]
      : [`${mentions} of ${geomap.plural(total.places, "place")}`];
    if (shown < facts.n_articles) parts.push(`${number(shown)} of ${geomap.plural(facts.n_articles, "article")} shown`);
    if (facts.n_unplaced) parts.push(`${geomap.plural(facts.n_unplaced, "name")} not placed`);
    geomap.byId("gm-summary").textContent = parts.join(" · ");
    const label = (id, text) => (geomap.byId(id).parentElement.querySelector("span").textContent = text);
    label("gm-literal", `Where it happened (${number(total.literal)})`);
    label("gm-associative", `Only named (${number(total.associative)})`);
    count("places", total.places);
    const off = geomap.state.sources.filter((on) => !on).length;
    const note = geomap.byId("gm-filter");
    const noDate = geomap.corpus.histogram()[periods.length];
    const hidden = !geomap.corpus.isWhole() && noDate > 0;
    note.hidden = off === 0 && !hidden;
    note.replaceChildren(el("span", {}, [off ? `${number(geomap.state.sources.length - off)} of ${number(geomap.state.sources.length)} lines of sources shown` : null,
      hidden ? `${geomap.plural(noDate, "mention")} without a date not shown` : null].filter(Boolean).join(" · ")),
      off ? el("button", { type: "button", class: "gm-button", onclick: () => choose(() => 1) }, "All sources") : "");
  }

  function tabs() {
    const list = geomap.byId("gm-tabs");
    for (const [name, text] of Object.entries(TABS)) {
      list.append(el("button", { type: "button", role: "tab", id: `gm-tab-${name}`, "aria-controls": `gm-panel-${name}`,
        onclick: () => open(name) }, text, el("span", { class: "gm-count" })));
    }
    list.addEventListener("keydown", (event) => {
      const names = Object.keys(TABS).filter((name) => !geomap.byId(`gm-tab-${name}`).hidden);
      const at = names.findIndex((name) => geomap.byId(`gm-tab-${name}`) === document.activeElement);
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step || at < 0) return;
      event.preventDefault();
      const next = names[(at + step + names.length) % names.length];
      open(next);
      geomap.byId(`gm-tab-${next}`).focus();
    });
    open("places");
  }

  function open(name) {
    for (const each of Object.keys(TABS)) {
      const tab = geomap.byId(`gm-tab-${each}`);
      tab.setAttribute("aria-selected", String(each === name));
      tab.tabIndex = each === name ? 0 : -1;
      geomap.byId(`gm-panel-${each}`).hidden = each !== name;
    }
    dates();
  }

  function count(name, n) {
    geomap.byId(`gm-tab-${name}`).querySelector(".gm-count").textContent = n ? number(n) : "";
  }

  // Show the sources for which `keep` says so, by their numbers.
  function choose(keep) {
    const chosen = geomap.state.sources.map((_, i) => (keep(i) ? 1 : 0));
    for (const box of geomap.byId("gm-panel-sources").querySelectorAll("input")) box.checked = chosen[Number(box.value)] === 1;
    geomap.change({ sources: chosen });
  }

  function sources() {
    const { named, facts, sources: own } = geomap.data;
    const { bySource } = geomap.corpus.articles();
    const folded = facts.left_out.sources;
    const names = named.map((name, i) => (i === own.length ? `${geomap.plural(folded, "other source")}` : name));
    const rows = names.map((name, i) => ({ name, i })).filter(({ i }) => bySource[i] > 0);
    geomap.byId("gm-tab-sources").hidden = rows.length < 2;
    geomap.byId("gm-panel-sources").append(
      el("p", { class: "gm-actions" }, el("button", { type: "button", class: "gm-button", onclick: () => choose(() => 1) }, "All"),
        el("button", { type: "button", class: "gm-button", onclick: () => choose(() => 0) }, "None")),
      el("ul", { class: "gm-list" }, rows.map(({ name, i }) => el("li", {}, el("label", { class: "gm-toggle gm-source" },
        el("input", { type: "checkbox", value: String(i), checked: true, onchange: (event) => {
          const chosen = geomap.state.sources.slice();
          chosen[i] = event.target.checked ? 1 : 0;
          geomap.change({ sources: chosen });
        } }), geomap.name(name), el("span", { class: "gm-fact gm-tally" }, geomap.plural(bySource[i], "article")))))),
      folded ? el("p", { class: "gm-hint" }, `The ${number(own.length)} sources with most articles are listed one by one; the page cannot tell the others apart.`) : "");
  }

  function dates() {
    const panel = geomap.byId("gm-panel-dates");
    geomap.byId("gm-tab-dates").hidden = geomap.data.periods.length === 0;
    if (!panel.hidden) panel.replaceChildren(el("div", { class: "gm-table", tabIndex: 0, role: "region", "aria-label": "Table of the dates" }, geomap.time.table()));
  }

  function unplaced() {
    const { unplaced: list, facts } = geomap.data;
    geomap.byId("gm-tab-unplaced").hidden = list.length === 0;
    if (list.length === 0) return;
    const left = facts.left_out.unplaced_names;
    geomap.byId("gm-panel-unplaced").append(
      el("p", { class: "gm-hint" }, `Of ${geomap.plural(facts.n_mentions, "name")} ${number(facts.n_unplaced)} look like places but were left off the map. The most frequent:`),
      el("div", { class: "gm-table", tabIndex: 0, role: "region", "aria-label": "Table of the names that were not placed" }, el("table", {},
        el("thead", {}, el("tr", {}, ["Name", "Mentions", "Articles", "Why, for example"].map((text) => el("th", { scope: "col" }, text)))),
        el("tbody", {}, list.map(([text, mentions, articles, reason]) => el("tr", {}, el("th", { scope: "row" }, geomap.name(text)),
          el("td", { class: "gm-number" }, number(mentions)), el("td", { class: "gm-number" }, number(articles)), el("td", { dir: "auto" }, reason)))))),
      left > 0 ? el("p", { class: "gm-hint" }, `and ${geomap.plural(left, "other name")}, which the data that this page was made from lists.`) : "");
  }

  // What the page does not have, of what the corpus has.
  function left() {
    const { facts, unit } = geomap.data;
    const out = facts.left_out;
    return [
      out.places ? `${geomap.plural(out.places, "place")} beyond the ${number(facts.n_places - out.places)} most mentioned: counted in their regions and countries, not drawn for themselves.` : null,
      out.sources ? `${geomap.plural(out.sources, "source")} ${out.sources === 1 ? "is" : "are"} counted as “other sources”.` : null,
      unit === "day" ? null : `Days: dates are told apart by ${unit}.`,
      out.sentences ? `${geomap.plural(out.sentences, "sentence")}: of each place at most 20 are kept, of rarely mentioned ones fewer. They are chosen by rule: what is literal and sure goes first, spread over the months, no sentence twice.` : null,
      out.unplaced_names ? `${geomap.plural(out.unplaced_names, "name")} that could not be placed, beyond those listed.` : null,
      facts.n_repeats ? `${geomap.plural(facts.n_repeats, "article")} that repeat another one almost word for word: counted once.` : null,
      out.pairs ? `${geomap.plural(out.pairs, "pair")} of places in ${geomap.plural(out.articles_with_too_many_places, "article")} that name more than ${facts.places_paired}.` : null,
      "The articles’ texts: the sentences link to the originals where their address is known.",
    ].filter(Boolean);
  }

  function about() {
    const { data } = geomap;
    geomap.byId("gm-panel-about").append(
      el("h2", {}, "How to read this map"),
      el("p", {}, "Areas are shaded by how often what lies in them is mentioned, each step several times the one before. Dots are places, larger the more they are mentioned; a dot with a number gathers so many places, and opens when clicked. Filled dots are where, by the text, something is or happens; hollow ones were only named: a government, a people, an organisation called after the place. Dashed means unsure."),
      el("p", {}, "The bars show mentions over time. Their heights grow with the square root of the counts, so that quiet times can be seen; the tab Dates has the numbers."),
      el("p", {}, "Mentions of a country as a whole are in no region: shade countries (in the legend) to see them."),
      el("p", {}, "Names were found and placed by a program, geomap ", data.version, ". It can be wrong: every place shows sentences to check it by."),
      el("h2", {}, "Not on this page"),
      el("ul", {}, left().map((text) => el("li", {}, text))),
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

  return { start, open };
})();
