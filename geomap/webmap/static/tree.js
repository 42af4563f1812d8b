// The list of places: country, region, place, with counts; what is open is filled, no more.
"use strict";

geomap.tree = (function () {
  const el = (...args) => geomap.el(...args);
  // Beyond this many places, groups start closed.
  const MANY = 150;
  const touched = new Map(); // key of a group -> whether the reader opened it
  let groups = []; // the countries as last drawn

  function start() {
    draw();
    geomap.on("change", draw);
    geomap.on("select", ({ place }) => {
      for (const row of panel().querySelectorAll(".gm-row")) {
        row.setAttribute("aria-current", String(place !== null && row.dataset.place === place.id));
      }
      if (place && !panel().hidden) reveal(geomap.hasAreas() ? [place.region || "none"] : [place.country || "none", place.region], place);
    });
  }

  const panel = () => geomap.byId("gm-panel-places");

  const tally = ({ literal, associative }) =>
    el("span", { class: "gm-tally" },
      literal ? el("b", { title: `${geomap.plural(literal, "mention")} where it happened` }, literal.toLocaleString("en")) : null,
      associative ? el("i", { title: `${geomap.plural(associative, "mention")} only named` }, associative.toLocaleString("en")) : null);

  function row(place) {
    const unsure = geomap.places.isUnsure(place);
    const classes = ["gm-row", place.literal ? "gm-row-literal" : "gm-row-associative"];
    if (unsure) classes.push("gm-row-unsure");
    return el("button", { type: "button", class: classes.join(" "), "data-place": place.id,
      "aria-current": String(place === geomap.state.place),
      onclick: (event) => geomap.select(place, { from: "panel", keyboard: event.detail === 0 }) },
      el("span", { class: `gm-glyph gm-glyph-${geomap.places.isSoft(place) ? "soft" : geomap.places.isArea(place) ? "area" : "pin"}`, "aria-hidden": "true" }),
      geomap.name(place.name), unsure ? el("span", { class: "gm-doubt" }, "?", el("span", { class: "gm-hidden" }, " (unsure)")) : null,
      tally(place));
  }

  const weigh = (places) => places.reduce(
    (sum, p) => ({ literal: sum.literal + p.literal, associative: sum.associative + p.associative }), { literal: 0, associative: 0 });
  const byWeight = (a, b) => b.weight.literal - a.weight.literal || b.weight.associative - a.weight.associative;
  const ordered = (places) => [...places].sort((a, b) => Number(b.isAdmin1) - Number(a.isAdmin1) || b.literal - a.literal || b.count - a.count);

  // Areas of the user's own, then what lies in none of them.
  function byArea(shown) {
    const areas = new Map(geomap.data.areas.map(({ id, name }) => [id, { key: id, name, places: [], regions: [] }]));
    const beyond = { key: "none", name: "In none of the areas", places: [], regions: [] };
    for (const place of shown) (areas.get(place.region) ?? beyond).places.push(place);
    const weighed = [...areas.values(), beyond].filter(({ places }) => places.length > 0).map((area) => ({ ...area, weight: weigh(area.places) }));
    return weighed.sort((a, b) => Number(a.key === "none") - Number(b.key === "none") || byWeight(a, b));
  }

  function byCountry(shown) {
    const countries = new Map();
    for (const place of shown) {
      const key = place.country || "none";
      if (!countries.has(key)) {
        countries.set(key, { key, name: place.country_name || place.country || "Beyond one country", places: [], regions: new Map() });
      }
      const country = countries.get(key);
      if (place.kind === "country" || !place.region) {
        country.places.push(place);
        continue;
      }
      if (!country.regions.has(place.region)) {
        const known = geomap.regionsById.get(place.region);
        country.regions.set(place.region, { key: place.region, name: known ? known.name : place.admin1_name || place.region, places: [] });
      }
      country.regions.get(place.region).places.push(place);
    }
    for (const country of countries.values()) {
      country.regions = [...country.regions.values()].map((region) => ({ ...region, weight: weigh(region.places) })).sort(byWeight);
      country.weight = weigh([...country.places, ...country.regions.flatMap((region) => region.places)]);
    }
    return [...countries.values()].sort(byWeight);
  }

  // A group whose list is written when it is first opened.
  function group(entry, level, open, children) {
    const list = el("ul", {});
    const fill = () => list.childElementCount || list.append(...children(), ...only(entry));
    const isOpen = touched.get(entry.key) ?? open;
    const box = el("details", { class: `gm-group gm-group-${level}`, open: isOpen, "data-key": entry.key },
      el("summary", {}, geomap.name(entry.name), tally(entry.weight)), list);
    box.fill = fill;
    if (isOpen) fill();
    box.addEventListener("toggle", () => {
      if (box.open) fill();
      touched.set(entry.key, box.open);
    });
    return box;
  }

  const item = (child) => el("li", {}, child);

  // The way to see one country or region alone; not offered where that would change little.
  function only({ key, name, places, regions }) {
    if (key === "none" || geomap.state.region || (regions ? groups.length : places.length) < 2) return [];
    return [item(el("button", { type: "button", class: "gm-row gm-only", onclick: () => narrow(key) }, "Show only ", geomap.name(name)))];
  }

  function narrow(key) {
    geomap.change({ region: key });
    const note = geomap.byId("gm-region");
    note.hidden = key === null;
    note.replaceChildren();
    if (key === null) return;
    const name = geomap.regionsById.get(key)?.name ?? geomap.data.places.find((place) => place.country === key)?.country_name ?? key;
    note.append(el("span", {}, "Only ", geomap.name(name)),
      el("button", { type: "button", class: "gm-button", onclick: () => narrow(null) }, "Show all"));
    geomap.places.fit(geomap.places.allBounds(), true);
  }

  // What the map shows, in words and numbers.
  function table(shown) {
    const rows = shown.slice(0, 1000).map((place) => el("tr", {},
      el("th", { scope: "row" }, el("button", { type: "button", class: "gm-quote", onclick: (event) => geomap.select(place, { from: "panel", keyboard: event.detail === 0 }) }, geomap.name(place.name))),
      ...[geomap.KINDS[place.kind], place.admin1_name, place.country_name].map((text) => el("td", {}, text ? geomap.name(text) : "")),
      ...[place.literal, place.associative].map((n) => el("td", { class: "gm-number" }, n.toLocaleString("en"))),
      el("td", {}, geomap.confidence(place.sure))));
    const heads = ["Place", "Kind", "Region", "Country", "Happened there", "Only named", "Confidence"];
    return [el("table", {}, el("caption", {}, geomap.plural(shown.length, "place"), " on the map",
      shown.length > rows.length ? `, of which the first ${rows.length.toLocaleString("en")}; the download as CSV has all` : ""),
      el("thead", {}, el("tr", {}, heads.map((text) => el("th", { scope: "col" }, text)))), el("tbody", {}, rows))];
  }

  function asTable(shown) {
    const box = el("div", { class: "gm-table", tabIndex: 0, role: "region", "aria-label": "Table of the places" });
    const node = el("details", { open: touched.get("table") ?? false }, el("summary", {}, "As a table"), box);
    const fill = () => box.childElementCount || box.append(...table([...shown].sort((a, b) => b.literal - a.literal || b.count - a.count)));
    if (node.open) fill();
    node.addEventListener("toggle", () => {
      if (node.open) fill();
      touched.set("table", node.open);
    });
    return node;
  }

  function draw() {
    const shown = geomap.data.places.filter((p) => p.count > 0);
    const open = shown.length <= MANY;
    groups = geomap.hasAreas() ? byArea(shown) : byCountry(shown);
    panel().replaceChildren(
      el("p", { class: "gm-hint" }, el("b", {}, "n"), " mentions where something is or happens, ", el("i", {}, "n"), " where it is only named."),
      ...groups.map((country) => group(country, "country", open, () => [
        ...ordered(country.places).map((p) => item(row(p))),
        ...country.regions.map((region) => item(group(region, "region", open, () => ordered(region.places).map((p) => item(row(p)))))),
      ])),
      shown.length ? asTable(shown) : el("p", { class: "gm-empty" }, "No place is shown: switch something on above."));
  }

  // Open groups, the outer one first, and bring a place in them into view, or the last of them.
  function reveal(keys, place = null) {
    let last;
    for (const key of keys) {
      const box = key && [...panel().querySelectorAll("details")].find((each) => each.dataset.key === key);
      if (!box) continue;
      box.fill();
      box.open = true;
      last = box;
    }
    if (!place) {
      last?.scrollIntoView({ block: "nearest" });
      last?.querySelector("summary").focus({ preventScroll: true });
      return;
    }
    const at = [...panel().querySelectorAll(".gm-row")].find((each) => each.dataset.place === place.id);
    at?.setAttribute("aria-current", "true");
    at?.scrollIntoView({ block: "nearest" });
  }

  return { start, reveal };
})();
