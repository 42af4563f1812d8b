// Everything put together. The document's last script calls geomap.start with folium's map.
"use strict";

geomap.start = function (map) {
  const data = geomap.read("geomap-data");
  geomap.corpus.load(data);
  geomap.map = map;
  const left = data.base.left;
  map.setMaxBounds([[-86, left - 40], [86, left + 400]]);
  map.setMinZoom(1);
  map.setMaxZoom(data.tiles ? 18 : 12);
  map.attributionControl.setPrefix(false);
  map.attributionControl.addAttribution("Natural Earth · GeoNames · Leaflet");
  L.control.scale({ position: "bottomleft", maxWidth: 130 }).addTo(map);
  for (const [name, z] of Object.entries({ "gm-areas": 205, "gm-chosen": 215, "gm-pins": 500 })) map.createPane(name).style.zIndex = z;
  geomap.basemap.draw(map, data.base);
  if (data.tiles) geomap.basemap.tiles(map, data.tiles);
  geomap.picture.start();
  // However many places there are, they are gathered.
  geomap.dots.start(map, Infinity);
  geomap.places.start(map);
  geomap.labels.start(map);
  geomap.details.start(map, geomap.corpusDetails.content);
  geomap.panel.start();
  geomap.time.start();
  geomap.tree.start();
  geomap.search.start();
  geomap.save.start(rows);
  controls();
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
  }

  // What is saved: a row a place, as it is shown.
  function rows() {
    return data.places.filter((place) => place.count > 0).map((place) => ({
      place_id: place.id, name: place.name, kind: place.kind, country_code: place.country, region: place.admin1_name,
      region_id: place.region, latitude: place.at[0], longitude: place.at[1], n_mentions: place.count,
      n_literal: place.literal, n_associative: place.associative, confidence: place.sure, confidence_mean: place.mean,
    }));
  }
};
