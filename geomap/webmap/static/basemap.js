// The outlines under everything: decoded once, drawn on canvas, coloured by the style's variables.
"use strict";

geomap.basemap = (function () {
  const layers = [];
  const outlines = { country: new Map(), region: new Map() };

  // The encoded polyline algorithm format: steps of latitude and longitude, five bits a character.
  function decode(text, grid) {
    const points = [];
    let at = 0;
    const value = [0, 0];
    while (at < text.length) {
      for (let axis = 0; axis < 2; axis++) {
        let bits = 0;
        let shift = 0;
        let byte;
        do {
          byte = text.charCodeAt(at++) - 63;
          bits |= (byte & 31) << shift;
          shift += 5;
        } while (byte >= 32);
        value[axis] += bits & 1 ? ~(bits >> 1) : bits >> 1;
      }
      points.push([value[0] * grid, value[1] * grid]);
    }
    return points;
  }

  const decodeShape = (shape, grid) =>
    shape.map((part) => (Array.isArray(part) ? part.map((ring) => decode(ring, grid)) : decode(part, grid)));

  function pane(map, name, zIndex) {
    const element = map.createPane(name);
    element.style.zIndex = zIndex;
    return name;
  }

  function add(map, layer, style) {
    layers.push([layer, style]);
    layer.setStyle(style());
    layer.addTo(map);
  }

  function draw(map, base) {
    const still = { interactive: false, smoothFactor: 1.2 };
    const land = L.canvas({ pane: pane(map, "gm-land", 200), padding: 0.4 });
    const lines = L.canvas({ pane: pane(map, "gm-lines", 210), padding: 0.4 });
    const below = { ...still, renderer: land, pane: "gm-land" };
    for (const country of base.countries) {
      const coarse = decodeShape(country.shape, base.coarse_grid);
      const fine = country.fine ? decodeShape(country.fine, base.grid) : null;
      outlines.country.set(country.code, fine || coarse);
      // Coarse land lies under the fine one as well, so that no gap opens between the two.
      add(map, L.polygon(coarse, below), () => ({
        stroke: !fine && !country.cut,
        color: geomap.color("border"),
        weight: 0.8,
        fillColor: geomap.color("land"),
        fillOpacity: 1,
      }));
      if (!fine) continue;
      add(map, L.polygon(fine, below), () => ({
        stroke: false,
        fillColor: geomap.color("land"),
        fillOpacity: 1,
      }));
    }
    for (const region of base.regions) {
      const shape = decodeShape(region.shape, base.grid);
      outlines.region.set(region.id, shape);
      if (geomap.hasAreas()) continue;
      add(map, L.polygon(shape, below), () => ({
        fill: false,
        color: geomap.color("region-line"),
        weight: 0.8,
      }));
    }
    for (const water of base.water) {
      const shape = decodeShape(water.shape, base.grid);
      const line = typeof water.shape[0] === "string";
      const layer = line ? L.polyline(shape, below) : L.polygon(shape, below);
      add(map, layer, () => ({
        stroke: line,
        color: geomap.color("water-line"),
        weight: water.rank < 4 ? 1.4 : 0.8,
        fill: !line,
        fillColor: geomap.color("water"),
        fillOpacity: 1,
      }));
    }
    for (const country of base.countries) {
      if (!country.fine) continue;
      const over = { ...still, renderer: lines, pane: "gm-lines" };
      add(map, L.polygon(outlines.country.get(country.code), over), () => ({
        fill: false,
        stroke: !country.cut,
        color: geomap.color("border"),
        weight: 1.3,
      }));
    }
    for (const line of base.disputed) {
      const over = { ...still, renderer: lines, pane: "gm-lines" };
      add(map, L.polyline(decodeShape(line.shape, base.coarse_grid), over), () => ({
        color: geomap.color("border"),
        weight: 1.1,
        dashArray: "3 4",
      }));
    }
    geomap.on("theme", () => {
      for (const [layer, style] of layers) layer.setStyle(style());
    });
  }

  // The outline that stands for a place as an area, as nested arrays of [lat, lng], or undefined.
  function outlineOf(place) {
    if (place.kind === "country") return outlines.country.get(place.country);
    if (place.isAdmin1) return outlines.region.get(geomap.admin1Of(place));
    return undefined;
  }

  const isIn = (ring, lat, lng) => {
    let inside = false;
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [a, b] = [ring[i], ring[j]];
      if (a[0] > lat !== b[0] > lat && lng < ((b[1] - a[1]) * (lat - a[0])) / (b[0] - a[0]) + a[1]) inside = !inside;
    }
    return inside;
  };
  const holds = (shape, lat, lng) => shape.some((part) => part.reduce((inside, ring) => inside !== isIn(ring, lat, lng), false));

  // The country and the region whose outlines hold a point, as they are in the base map, if any do.
  function at(lat, lng) {
    const { countries, regions } = geomap.data.base;
    const region = regions.find((each) => holds(outlines.region.get(each.id), lat, lng));
    const country = countries.find((each) => (region ? each.code === region.country : holds(outlines.country.get(each.code), lat, lng)));
    return { country, region };
  }

  // Whether a place is drawn outside of the region that it belongs to.
  function strays(place) {
    const outline = outlines.region.get(geomap.admin1Of(place));
    return outline !== undefined && !holds(outline, place.lat, place.lng);
  }

  function tiles(map, source) {
    pane(map, "gm-tiles", 220);
    // Leaflet writes credits as markup: only text may reach it.
    const credit = geomap.el("span", {}, source.credit || "").innerHTML;
    L.tileLayer(source.url, { pane: "gm-tiles", attribution: credit }).addTo(map);
  }

  return { draw, decodeShape, holds, outlineOf, at, strays, tiles };
})();
