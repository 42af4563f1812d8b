// Everything put together. The document's last script calls geomap.start with folium's map.
"use strict";

geomap.start = function (map) {
  const data = geomap.read("geomap-data");
  geomap.load(data);
  geomap.map = map;
  const left = data.base.left;
  map.setMaxBounds([[-86, left - 40], [86, left + 400]]);
  map.setMinZoom(1);
  map.setMaxZoom(data.tiles ? 18 : 12);
  map.attributionControl.setPrefix(false);
  // Leaflet writes credits as markup: only text may reach it.
  const credits = ["Natural Earth", "GeoNames", ...geomap.credits(data), "Leaflet"].join(" · ");
  map.attributionControl.addAttribution(geomap.el("span", {}, credits).innerHTML);
  L.control.scale({ position: "bottomleft", maxWidth: 130 }).addTo(map);
  const panes = { "gm-sea": 150, "gm-wide": 395, "gm-areas": 400, "gm-own": 402, "gm-soft": 405, "gm-pins": 500 };
  for (const [name, z] of Object.entries(panes)) map.createPane(name).style.zIndex = z;
  geomap.basemap.draw(map, data.base);
  if (data.tiles) geomap.basemap.tiles(map, data.tiles);
  geomap.picture.start();
  geomap.dots.start(map);
  geomap.areas.start(map);
  geomap.places.start(map);
  geomap.labels.start(map);
  geomap.details.start(map);
  geomap.article.start();
  geomap.panel.start();
  geomap.tree.start();
  geomap.search.start();
  geomap.articles.start();
  geomap.save.start();
  controls(map);
  const bounds = geomap.places.mainBounds();
  if (bounds) geomap.places.fit(bounds, false);
  else map.setView([25, left + 180], 2);
  geomap.links.start();
  geomap.labels.layout();
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => geomap.emit("theme"));
  document.documentElement.dataset.ready = "yes";

  function controls() {
    const on = (id, act) => geomap.byId(id).addEventListener("click", act);
    on("gm-zoom-in", () => map.zoomIn());
    on("gm-zoom-out", () => map.zoomOut());
    on("gm-home", () => geomap.places.fit(geomap.places.mainBounds(), true));
    on("gm-all", () => geomap.places.fit(geomap.places.allBounds(), true));
    map.on("click", (event) => geomap.dots.click(event) || (geomap.state.place && geomap.details.close()));
    const entries = [
      ["gm-key gm-key-pin", "Place where something is or happens"],
      ["gm-key gm-key-area", "Region or country where something happens"],
      ...(geomap.hasAreas() ? [["gm-key gm-key-own", "Area that was brought to this map, darker where more happened"]] : []),
      ["gm-key gm-key-named", "Only named (government, people, organisation)"],
      ["gm-key gm-key-unsure", "Unsure"],
      ...(geomap.data.places.some(geomap.places.isVague) ? [["gm-key gm-key-vague", "Somewhere in or near it"]] : []),
      ...(geomap.data.places.some(geomap.places.isSoft) ? [["gm-key gm-key-soft", "Sea, river, mountains, part of the world: about there"]] : []),
      ["gm-key gm-key-town", "Other towns, for orientation"],
    ];
    geomap.byId("gm-legend-list").append(
      ...entries.map(([glyph, text]) => geomap.el("li", {}, geomap.el("span", { class: glyph, "aria-hidden": "true" }), text)));
  }
};
