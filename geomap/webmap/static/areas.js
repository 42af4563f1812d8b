// The user's own areas: outlines in place of the first-order regions', shaded by what happened in
// them; a click opens their places in the list.
"use strict";

geomap.areas = (function () {
  const outlines = new Map(); // area -> its outline
  const layers = new Map(); // area -> its layer

  function start(map) {
    const { areas, area_grid: grid } = geomap.data;
    for (const area of areas) outlines.set(area, geomap.basemap.decodeShape(area.shape, grid));
    // They come with the smallest first, which is to lie on top.
    const renderer = L.svg({ pane: "gm-own", padding: 0.4 });
    for (const [area, outline] of [...outlines].reverse()) {
      const layer = L.polygon(outline, { pane: "gm-own", renderer, bubblingMouseEvents: false, smoothFactor: 1.2 });
      layer.on("click", (event) => geomap.dots.click(event) || open(area));
      if (!geomap.media("(hover: none)")) {
        layer.bindTooltip(() => preview(area), { sticky: true, className: "gm-tooltip", direction: "top", opacity: 1 });
      }
      layer.addTo(map);
      layers.set(area, layer);
    }
    draw();
    geomap.on("change", draw);
    geomap.on("theme", draw);
  }

  function open(area) {
    geomap.panel.open("places");
    geomap.tree.reveal([area.id]);
  }

  // What each area holds of what is shown.
  let held = new Map();
  function count() {
    held = new Map(geomap.data.areas.map((area) => [area, { places: 0, mentions: 0, literal: 0 }]));
    for (const place of geomap.data.places) {
      const sums = place.count > 0 && held.get(geomap.areaOf(place));
      if (!sums) continue;
      sums.places += 1;
      sums.mentions += place.count;
      sums.literal += place.literal;
    }
  }

  function spoken(area) {
    const { places, mentions } = held.get(area);
    return `${area.name}: ${geomap.plural(mentions, "mention")} of ${geomap.plural(places, "place")}`;
  }

  const preview = (area) => geomap.el("div", { class: "gm-preview" }, geomap.name(spoken(area)));

  function draw() {
    count();
    const most = Math.max(1, ...[...held.values()].map(({ literal }) => literal));
    for (const [area, layer] of layers) {
      const share = held.get(area).literal / most;
      layer.setStyle({ color: geomap.color("own"), weight: 1.6, fillColor: geomap.color("own"), fillOpacity: 0.04 + 0.34 * share });
      const element = layer.getElement();
      element.dataset.area = area.id;
      element.setAttribute("role", "img");
      element.setAttribute("aria-label", spoken(area));
    }
  }

  // The smallest area that holds a point, or undefined.
  const at = (lat, lng) => geomap.data.areas.find((area) => geomap.basemap.holds(outlines.get(area), lat, lng));

  return { start, at };
})();
