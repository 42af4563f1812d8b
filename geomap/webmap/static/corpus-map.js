// The map of a corpus: regions or countries shaded by how often what lies in them is mentioned, and
// places as dots that are gathered where there are many.
"use strict";

geomap.places = (function () {
  const SHADES = [0.14, 0.3, 0.46, 0.62, 0.8];
  let map;
  let renderer;
  let level = "region"; // what is shaded: region or country
  let breaks = []; // from how many mentions on an area has the next darker shade
  const shapes = new Map(); // area -> its layer
  let ring = null; // around the selected area, over all lines

  const isArea = (place) => place.kind === "country" || place.isAdmin1;
  // What is broad and has no outline here: districts, parts of the world, seas, mountains.
  const isSoft = (place) => !isArea(place) && (place.kind === "region" || place.kind === "natural");
  const isUnsure = (place) => place.sure < geomap.UNSURE;
  const radius = (place) => 3.5 + 2.6 * Math.log10(1 + place.count) + (isSoft(place) ? 3 : 0);
  const labelAt = (place) => anchors.get(place) || [place.lat, place.lng];
  const anchors = new Map();

  function start(leaflet) {
    map = leaflet;
    renderer = L.canvas({ pane: "gm-areas", padding: 0.4 });
    const { base, shaded } = geomap.data;
    for (const { code, at } of base.countries) if (at && shaded.has(code)) anchors.set(shaded.get(code), at);
    for (const { id, at } of base.regions) if (at && shaded.has(id)) anchors.set(shaded.get(id), at);
    if (![...shaded.values()].some((area) => area.isAdmin1 && geomap.basemap.outlineOf(area))) level = "country";
    shade();
    draw();
    geomap.on("change", draw);
    geomap.on("theme", restyle);
    geomap.on("select", encircle);
  }

  const drawn = () => [...geomap.data.shaded.values()].filter((area) => area.isAdmin1 === (level === "region"));

  // One layer an area, which changes its colour only.
  function shade() {
    for (const layer of shapes.values()) layer.remove();
    shapes.clear();
    for (const area of drawn()) {
      const outline = geomap.basemap.outlineOf(area);
      if (!outline) continue;
      const layer = L.polygon(outline, { renderer, pane: "gm-areas", smoothFactor: 1.2, bubblingMouseEvents: false });
      layer.on("click", (event) => {
        L.DomEvent.stopPropagation(event);
        if (geomap.dots.click(event)) return;
        if (area.inside > 0) geomap.select(area, { from: "map" });
        else if (geomap.state.place) geomap.details.close();
      });
      if (!geomap.media("(hover: none)")) layer.bindTooltip(() => preview(area), { sticky: true, className: "gm-tooltip", direction: "top", opacity: 1 });
      layer.addTo(map);
      shapes.set(area, layer);
    }
  }

  function draw() {
    breaks = steps(Math.max(0, ...drawn().map((area) => area.inside)));
    restyle();
    geomap.dots.set(geomap.data.places.filter((place) => place.count > 0 && !isArea(place)));
    legend();
  }

  // Round numbers that part 1 to the most into five steps, each as many times the one before.
  function steps(most) {
    const out = [];
    for (let i = 1; i < SHADES.length; i++) {
      const value = most ** (i / SHADES.length);
      const unit = 10 ** Math.floor(Math.log10(Math.max(1, value)));
      out.push(Math.max(Math.round(value / unit) * unit, i + 1));
    }
    return out;
  }

  const shadeOf = (count) => breaks.filter((from) => count >= from).length;

  function style(area) {
    const shown = area.inside > 0;
    return {
      stroke: shown,
      color: geomap.color("area-line"),
      weight: 0.6,
      opacity: 0.55,
      fill: true,
      fillColor: geomap.color("area"),
      fillOpacity: shown ? SHADES[shadeOf(area.inside)] : 0,
    };
  }

  function restyle() {
    for (const [area, layer] of shapes) layer.setStyle(style(area));
    encircle();
  }

  function encircle() {
    ring?.remove();
    ring = null;
    const { place } = geomap.state;
    const outline = place && isArea(place) && geomap.basemap.outlineOf(place);
    if (outline) ring = L.polygon(outline, { pane: "gm-chosen", interactive: false, fill: false, weight: 3, color: geomap.color("select"), smoothFactor: 1.2 }).addTo(map);
  }

  function change(to) {
    level = to;
    shade();
    draw();
    geomap.labels.layout();
  }

  function legend() {
    const el = geomap.el;
    const most = Math.max(0, ...drawn().map((area) => area.inside));
    const froms = [1, ...breaks];
    const shades = froms.map((from, i) => {
      const until = i < breaks.length ? breaks[i] - 1 : most;
      const swatch = el("span", { class: "gm-key gm-key-shade", "aria-hidden": "true" });
      swatch.style.setProperty("--shade", `${SHADES[i] * 100}%`);
      return until < from ? null : el("li", {}, swatch, until > from ? `${from.toLocaleString("en")}–${until.toLocaleString("en")}` : from.toLocaleString("en"));
    });
    const choice = (value, text) => el("label", { class: "gm-toggle" }, el("input", { type: "radio", name: "gm-level", value, checked: level === value,
      onchange: () => change(value) }), text);
    const focused = document.activeElement?.name === "gm-level";
    geomap.byId("gm-legend-list").replaceChildren(
      el("li", {}, el("fieldset", { class: "gm-levels" }, el("legend", {}, "Mentions in"), choice("region", "regions"), choice("country", "countries"))),
      ...shades.filter(Boolean),
      ...[["gm-key gm-key-pin", "Place where something is or happens"], ["gm-key gm-key-named", "Place that is only named"], ["gm-key gm-key-unsure", "Unsure"],
        ...(points().some(isSoft) ? [["gm-key gm-key-soft", "Area without an outline here: about there"]] : [])]
        .map(([glyph, text]) => el("li", {}, el("span", { class: glyph, "aria-hidden": "true" }), text)));
    if (focused) document.querySelector(`[name="gm-level"][value="${level}"]`).focus();
  }

  // How often a place, or what lies in an area, is mentioned.
  const weight = (place) => (isArea(place) ? place.inside : place.count);

  function spoken(place) {
    const where = [place.isAdmin1 ? null : place.admin1_name, place.kind === "country" ? null : place.country_name].filter(Boolean).join(", ");
    return `${place.name}, ${where || geomap.KINDS[place.kind]}: ${geomap.plural(weight(place), "mention")}`;
  }

  function preview(place) {
    const node = geomap.el("div", { class: "gm-preview" }, geomap.el("strong", {}, geomap.name(place.name)),
      isArea(place) ? `${geomap.plural(place.inside, "mention")} of what lies in it` : geomap.plural(place.count, "mention"));
    const [best] = geomap.corpus.sentences(place);
    if (best) node.append(geomap.el("br"), geomap.details.sentence(geomap.corpusDetails.asMention(best), 160));
    return node;
  }

  function boundsOf(place) {
    const outline = geomap.basemap.outlineOf(place);
    if (!outline) return L.latLng(place.lat, place.lng).toBounds(isArea(place) ? 80000 : 20000);
    let best = null;
    for (const part of outline) {
      const bounds = L.latLngBounds(part[0]);
      const size = (bounds.getNorth() - bounds.getSouth()) * (bounds.getEast() - bounds.getWest());
      if (!best || size > best.size) best = { bounds, size };
    }
    return best.bounds;
  }

  const points = () => geomap.data.places.filter((place) => place.count > 0 && !isArea(place));

  function around(places) {
    if (places.length > 0) return L.latLngBounds(places.map((place) => [place.lat, place.lng])).pad(0.05);
    const areas = drawn().filter((area) => area.inside > 0);
    return areas.length ? areas.reduce((all, area) => all.extend(boundsOf(area)), L.latLngBounds([])) : null;
  }

  // Around the middle nine tenths of the mentions.
  function mainBounds() {
    const places = points();
    const between = (axis) => {
      const sorted = [...places].sort((a, b) => a[axis] - b[axis]);
      const total = sorted.reduce((sum, place) => sum + place.count, 0);
      let sum = 0;
      const inner = sorted.filter((place) => {
        sum += place.count;
        return sum > total * 0.05 && sum - place.count < total * 0.95;
      });
      return inner.length ? [inner[0][axis], inner[inner.length - 1][axis]] : null;
    };
    const [lat, lng] = [between("lat"), between("lng")];
    return lat ? L.latLngBounds([lat[0], lng[0]], [lat[1], lng[1]]).pad(0.1) : around(places);
  }

  function fit(bounds, animate) {
    if (!bounds) return;
    const [edge, left] = geomap.isPhone() ? [16, 64] : [30, 64];
    map.fitBounds(bounds, { paddingTopLeft: [left, edge], paddingBottomRight: [edge, edge], maxZoom: 9, animate: animate && !geomap.isStill() });
  }

  return { start, isArea, isUnsure, isVague: () => false, isSoft, isRiver: () => false, radius, spoken, preview, weight,
    boundsOf, mainBounds, allBounds: () => around(points()), fit, labelAt, spotRadius: () => 0,
    obstacles: () => geomap.dots.obstacles(), layerOf: (place) => shapes.get(place), level: () => level };
})();
