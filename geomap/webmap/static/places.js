// The places themselves: settlements and sites as pins, countries and regions as shaded areas,
// natural features as soft circles. What was only named recedes; what is unsure is dashed.
"use strict";

geomap.places = (function () {
  // Beyond this many, pins are drawn on one canvas instead of an element each (see dots.js).
  const MANY = 400;
  // GeoNames' codes for what the coast bounds.
  const SEA = /^(SEA|OCN|GULF|BAY|BGHT|STRT|CHN|SD)/;
  // For what is long and narrow: the map has no course of it, and a circle as long would mislead.
  const RIVER = /^(STM|CNL|WAD|RVN|CNYN)/;
  const SPOT = 12; // pixels: the least radius of a soft area
  const WIDE = 150; // km: wider soft areas lie below what has an outline
  let map;
  const layers = new Map(); // place -> Leaflet layer on the map
  const anchors = new Map(); // place -> [lat, lng] where an area's name stands

  const isArea = (place) => place.kind === "country" || place.kind === "region" || place.kind === "natural";
  const isRiver = (place) => place.kind === "natural" && RIVER.test(place.feature_code || "");
  const isSoft = (place) => isArea(place) && geomap.basemap.outlineOf(place) === undefined;
  const isUnsure = (place) => place.sure < geomap.UNSURE;
  const isVague = (place) => !isArea(place) && place.mentions.length > 0 && place.mentions.every((m) => m.precision !== "exact");

  const radius = (place) => Math.min(16, 5 + 2.2 * Math.sqrt(place.count));

  function start(leaflet) {
    map = leaflet;
    anchor();
    draw();
    geomap.on("change", draw);
    geomap.on("theme", draw);
    geomap.on("select", restyle);
  }

  // Where the name of each place stands: inside its outline, or at its point.
  function anchor() {
    const base = geomap.data.base;
    const shapes = new Map([
      ...base.countries.map((c) => [`country:${c.code}`, c.at]),
      ...base.regions.map((r) => [`region:${r.id}`, r.at]),
    ]);
    for (const place of geomap.data.places) {
      const key = place.kind === "country" ? `country:${place.country}` : `region:${geomap.admin1Of(place)}`;
      const at = place.kind === "country" || place.isAdmin1 ? shapes.get(key) : null;
      anchors.set(place, at || [place.lat, place.lng]);
    }
  }

  function areaStyle(place) {
    const selected = place === geomap.state.place;
    const recedes = place.literal === 0;
    const broad = place.kind === "country";
    return {
      color: geomap.color(selected ? "select" : recedes ? "associative" : "area-line"),
      weight: selected ? 3 : recedes ? 1 : broad ? 1.4 : 1.8,
      opacity: recedes && !selected ? 0.75 : 1,
      dashArray: isUnsure(place) ? "2 5" : recedes ? "1 4" : null,
      fillColor: geomap.color(recedes ? "associative" : "area"),
      // Under areas of the user's own, regions keep their lines.
      fillOpacity: geomap.hasAreas() ? 0.03 : recedes ? 0.07 : broad ? 0.1 : Math.min(0.42, 0.24 + 0.04 * place.literal),
      // What has no outline gets a line only to be dashed or marked.
      ...(isSoft(place) ? { stroke: selected || isUnsure(place), fillOpacity: 1 } : {}),
    };
  }

  function areaLayer(place) {
    const outline = geomap.basemap.outlineOf(place);
    const options = (pane) => ({ pane, renderer: svg(pane), bubblingMouseEvents: false });
    if (outline) return L.polygon(outline, { ...options("gm-areas"), smoothFactor: 1.2 });
    const reach = isRiver(place) ? 0 : place.radius || { country: 150, region: 40, natural: 30 }[place.kind];
    // A sea lies under the land, so that its coast bounds it.
    const pane = SEA.test(place.feature_code || "") ? "gm-sea" : reach > WIDE ? "gm-wide" : "gm-soft";
    const fade = place.literal ? "literal" : "associative";
    return new Spot([place.lat, place.lng], { ...options(pane), radius: reach * 1000, fade, className: `gm-soft gm-soft-${fade}` });
  }

  // A circle on the ground that never becomes too small to be seen and hit.
  const Spot = L.Circle.extend({
    _project() {
      L.Circle.prototype._project.call(this);
      this._radius = Math.max(this._radius, SPOT);
      this._radiusY = Math.max(this._radiusY || this._radius, SPOT);
      this._updateBounds();
    },
  });

  // The radius of a soft area beside which, not in which, its name stands; else 0.
  function spotRadius(place) {
    const layer = layers.get(place);
    return layer instanceof Spot && layer._radius < 3 * SPOT ? layer._radius : 0;
  }

  const renderers = {};
  const svg = (pane) => (renderers[pane] = renderers[pane] || L.svg({ pane, padding: 0.4 }));

  function pinElement(place) {
    const size = 2 * radius(place);
    const classes = ["gm-pin", place.literal ? "gm-pin-literal" : "gm-pin-associative", `gm-pin-${place.kind}`];
    if (isUnsure(place)) classes.push("gm-pin-unsure");
    if (isVague(place)) classes.push("gm-pin-vague");
    if (place === geomap.state.place) classes.push("gm-pin-selected");
    const text = place.count > 1 && size > 14 ? String(place.count) : "";
    const node = geomap.el("span", { class: classes.join(" ") }, text);
    node.style.width = node.style.height = `${size}px`;
    return node;
  }

  function pinLayer(place) {
    const size = Math.max(24, 2 * radius(place)); // never smaller than a finger can hit
    const icon = L.divIcon({ className: "gm-pin-box", html: pinElement(place), iconSize: [size, size] });
    const marker = L.marker([place.lat, place.lng], { icon, keyboard: true, riseOnHover: true, zIndexOffset: place.literal ? 500 : 0 });
    marker.on("add", () => {
      const element = marker.getElement();
      element.setAttribute("aria-label", spoken(place));
      element.dataset.place = place.id;
      element.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        geomap.select(place, { from: "map", keyboard: true });
      });
    });
    return marker;
  }

  function spoken(place) {
    const where = [place.admin1_name, place.country_name].filter(Boolean).join(", ");
    return `${place.name}, ${where || geomap.KINDS[place.kind]}: ${geomap.plural(place.count, "mention")}, ${geomap.confidence(place.sure)}`;
  }

  // What the pointer sees before a click: the name and the first sentence that names it.
  function preview(place) {
    const mention = place.mentions.find(geomap.isShown) || place.mentions[0];
    const node = geomap.el("div", { class: "gm-preview" }, geomap.el("strong", {}, geomap.name(place.name)));
    if (mention) node.append(geomap.details.sentence(mention, 180));
    return node;
  }

  function draw() {
    for (const layer of layers.values()) layer.remove();
    layers.clear();
    const shown = geomap.data.places.filter((place) => place.count > 0);
    const many = shown.length > MANY;
    // Large areas first, so that the small ones lie on top of them.
    const rank = { country: 0, natural: 1, region: 2 };
    const areas = shown.filter(isArea).sort((a, b) => rank[a.kind] - rank[b.kind] || a.literal - b.literal);
    const points = shown.filter((place) => !isArea(place));
    geomap.dots.set(many ? points : []);
    for (const place of many ? areas : [...areas, ...points]) {
      const layer = isArea(place) ? areaLayer(place) : pinLayer(place);
      if (isArea(place)) layer.setStyle(areaStyle(place));
      layer.on("click", (event) => {
        L.DomEvent.stopPropagation(event);
        if (isArea(place) && geomap.dots.click(event)) return;
        geomap.select(place, { from: "map" });
      });
      if (!geomap.media("(hover: none)")) {
        layer.bindTooltip(() => preview(place), { sticky: isArea(place), className: "gm-tooltip", direction: "top", opacity: 1 });
      }
      layer.addTo(map);
      if (isArea(place)) describe(layer, place);
      layers.set(place, layer);
    }
  }

  function describe(layer, place) {
    const element = layer.getElement();
    if (!element) return;
    element.dataset.place = place.id;
    element.setAttribute("role", "img");
    element.setAttribute("aria-label", spoken(place));
  }

  function restyle() {
    for (const [place, layer] of layers) {
      if (isArea(place)) layer.setStyle(areaStyle(place));
      else layer.getElement()?.querySelector(".gm-pin").classList.toggle("gm-pin-selected", place === geomap.state.place);
    }
  }

  // The bounds of a place: of its outline, or of a circle around its point.
  function boundsOf(place) {
    const outline = geomap.basemap.outlineOf(place);
    if (outline) {
      // The largest part: a country's far islands should not draw the map to the ocean.
      let best = null;
      for (const part of outline) {
        const bounds = L.latLngBounds(part[0]);
        const size = (bounds.getNorth() - bounds.getSouth()) * (bounds.getEast() - bounds.getWest());
        if (!best || size > best.size) best = { bounds, size };
      }
      return best.bounds;
    }
    const reach = isArea(place) ? (place.radius || 40) * 2000 : 20000;
    return L.latLng(place.lat, place.lng).toBounds(reach);
  }

  // Where it happened: what is literally named and smaller than a country, and of that the
  // neighbourhood that most of it lies in; else the best there is.
  function mainBounds() {
    const places = geomap.data.places.filter((p) => p.count > 0);
    const literal = places.filter((p) => p.literal > 0);
    const isSmall = (p) => p.kind !== "country" && (p.radius <= WIDE || !isSoft(p));
    const chosen = [literal.filter(isSmall), literal, places.filter(isSmall), places].find((list) => list.length > 0);
    return chosen ? union(chosen.length > MANY ? chosen : heart(chosen)) : null;
  }

  // The places within 400 km of the one that has most around it, if they are most of all; else
  // those within 1500 km.
  function heart(places) {
    const weight = (place) => (place.literal || 0.1) * (isUnsure(place) ? 0.5 : 1);
    const weigh = (list) => list.reduce((sum, place) => sum + weight(place), 0);
    for (const metres of [4e5, 1.5e6]) {
      const near = (a) => places.filter((b) => map.distance([a.lat, a.lng], [b.lat, b.lng]) < metres);
      const best = places.map(near).reduce((a, b) => (weigh(b) > weigh(a) ? b : a));
      if (weigh(best) >= 0.6 * weigh(places)) return best;
    }
    return places;
  }

  function allBounds() {
    const places = geomap.data.places.filter((p) => p.count > 0);
    return places.length ? union(places) : null;
  }

  function union(places) {
    const all = L.latLngBounds([]);
    // A lone point needs some land around it; of many points the outermost do.
    const points = places.length > 100;
    for (const place of places) all.extend(points && !isArea(place) ? [place.lat, place.lng] : boundsOf(place));
    return all;
  }

  function fit(bounds, animate) {
    if (!bounds) return;
    // Room for the buttons on the left.
    const [edge, left] = geomap.isPhone() ? [16, 64] : [40, 64];
    map.fitBounds(bounds, { paddingTopLeft: [left, edge], paddingBottomRight: [edge, edge], maxZoom: 9, animate: animate && !geomap.isStill() });
  }

  // Circles that names must not cover: [x, y, radius] in pixels of the map's window.
  function obstacles() {
    const out = geomap.dots.obstacles();
    for (const [place, layer] of layers) {
      if (isArea(place) || !map.getBounds().contains(layer.getLatLng())) continue;
      const point = map.latLngToContainerPoint(layer.getLatLng());
      out.push([point.x, point.y, radius(place) + 1]);
    }
    return out;
  }

  return { start, isArea, isUnsure, isVague, radius, spoken, boundsOf, mainBounds, allBounds, fit, obstacles, spotRadius, anchor, preview, isSoft, isRiver, labelAt: (p) => anchors.get(p) || [p.lat, p.lng], layerOf: (p) => layers.get(p) };
})();
