// "Wrong place": the reader chooses a runner-up, gives coordinates, or says that a name is none.
// The map changes at once; corrections.json takes the changes to `geomap map --corrections`:
//   {"corrections": [{"article": id, "start": n, "end": n, "text": "...", "was": place id,
//     "place": {"id", "name", "kind", "country_code", "latitude", "longitude"} or null}]}
// A place of null says "not a place". Offsets count characters of the article's text.
"use strict";

geomap.corrections = (function () {
  const el = (...args) => geomap.el(...args);
  const made = new Map(); // mention -> { was, place }

  // The place that a runner-up or coordinates stand for, added to the tables if it is new there.
  function placeFor(choice) {
    const known = geomap.data.places.find((place) => place.id === choice.id);
    if (known) return known;
    const lng = geomap.wrap(choice.at[1]);
    const drawn = geomap.basemap.at(choice.at[0], lng);
    const code = choice.country || drawn.country?.code || null;
    const country = geomap.data.base.countries.find((each) => each.code === code);
    const region = drawn.region?.country === code && choice.kind !== "country" ? drawn.region : null;
    const area = geomap.hasAreas() ? geomap.areas.at(choice.at[0], lng) : region;
    const place = { admin1: region ? region.id.split(".")[1] : null, feature_code: null, population: 0, source: "correction", radius: 0,
      confidence: 1, index: geomap.data.places.length, mentions: [], variants: [], names: "", isAdmin1: false, ...choice,
      country: code, country_name: country ? country.name : code, region: area ? area.id : null,
      admin1_name: choice.admin1_name || (region ? region.name : null), lat: choice.at[0], lng };
    geomap.data.places.push(place);
    return place;
  }

  function move(mention, place) {
    if (mention.at) mention.at.mentions = mention.at.mentions.filter((m) => m !== mention);
    mention.at = place;
    if (!place) return;
    place.mentions.push(mention);
    place.variants = [...new Set(place.mentions.map((m) => m.text))];
  }

  const asAlternative = (place, confidence) => ({ id: place.id, name: place.name, kind: place.kind, country: place.country,
    admin1_name: place.admin1_name, at: place.at, confidence });

  function correct(mentions, choice) {
    const place = choice && placeFor(choice);
    for (const mention of mentions) {
      const { at, confidence, reasons, alternatives } = mention;
      if (!made.has(mention)) made.set(mention, { was: at, confidence, reasons, alternatives });
      const first = made.get(mention);
      first.place = place;
      const others = [...(first.was ? [asAlternative(first.was, first.confidence)] : []), ...first.alternatives];
      mention.alternatives = others.filter((other) => !place || other.id !== place.id);
      mention.reasons = ["corrected by hand"];
      mention.confidence = place ? 1 : 0;
      move(mention, place);
    }
    finish(mentions, place);
  }

  function undo(mention) {
    const { was, confidence, reasons, alternatives } = made.get(mention);
    made.delete(mention);
    Object.assign(mention, { confidence, reasons, alternatives });
    move(mention, was);
    finish([mention], was);
  }

  function finish(mentions, place) {
    geomap.select(null);
    geomap.emit("corrected", mentions);
    geomap.change({});
    geomap.places.anchor();
    list();
    if (place) geomap.select(place, { mention: mentions[0], from: "panel" });
  }

  // "51.2, 35.1" as [latitude, longitude], or null.
  function coordinates(text) {
    const match = /^\s*(-?\d{1,2}(?:\.\d+)?)[\s,;]+(-?\d{1,3}(?:\.\d+)?)\s*$/.exec(text);
    if (!match) return null;
    const [lat, lon] = [Number(match[1]), Number(match[2])];
    return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? [lat, lon] : null;
  }

  // The form in a place's details, or with a name that was left unplaced.
  function form(place, mentions, others) {
    const chosen = mentions.includes(geomap.state.mention) && mentions.length > 1 ? geomap.state.mention : null;
    const only = chosen ? el("input", { type: "checkbox" }) : null;
    const which = () => (only?.checked ? [chosen] : mentions);
    const input = el("input", { type: "text", inputMode: "text", placeholder: "51.220, 35.105", "aria-label": "Latitude, longitude" });
    const wrong = el("p", { class: "gm-fact", role: "alert" });
    const button = (text, act) => el("button", { type: "button", class: "gm-button", onclick: act }, text);
    // No form element: a sandboxed frame forbids sending one, and never tells the page.
    const here = () => {
      const at = coordinates(input.value);
      if (!at) {
        wrong.textContent = "Give latitude and longitude in degrees, like 51.220, 35.105";
        return;
      }
      const kind = place?.kind === "facility" ? "facility" : "settlement";
      const name = place ? place.name : mentions[0].text;
      correct(which(), { id: `coordinates:${at[0]},${at[1]}`, name, kind, at });
    };
    input.addEventListener("keydown", (event) => event.key === "Enter" && here());
    return el("details", { class: "gm-correct" }, el("summary", {}, place ? "Wrong place?" : "Is it a place?"),
      el("div", { class: "gm-correct-body" },
        only ? el("label", { class: "gm-toggle" }, only, `only the mention at ${chosen.start}–${chosen.end}`) : null,
        others.map((other) => button(el("span", {}, "It is ", geomap.name(other.name),
          [other.admin1_name, other.country].filter(Boolean).flatMap((t) => [", ", geomap.name(t)]),
          el("span", { class: "gm-fact" }, ` · ${geomap.KINDS[other.kind] || other.kind}`)), () => correct(which(), other))),
        place ? button("Not a place", () => correct(which(), null)) : null,
        el("div", { class: "gm-here" }, input, button("It is here", here)), wrong));
  }

  // What was changed so far, with a way back and the file to keep.
  function list() {
    const box = geomap.byId("gm-corrections");
    box.hidden = made.size === 0;
    box.replaceChildren(
      el("p", {}, el("b", {}, geomap.plural(made.size, "correction")), " in this view only. ",
        el("button", { type: "button", class: "gm-button", onclick: download }, "Download corrections.json")),
      el("ul", {}, [...made].map(([mention, { place }]) => el("li", {}, geomap.name(mention.text), ` (${mention.start}–${mention.end}) → `,
        place ? geomap.name(place.name) : "not a place", " ",
        el("button", { type: "button", class: "gm-button", onclick: () => undo(mention) }, "Undo")))));
  }

  function download() {
    const corrections = [...made].map(([mention, { was, place }]) => ({
      article: mention.of.id, start: mention.start, end: mention.end, text: mention.text, was: was ? was.id : null,
      place: place && { id: place.id, name: place.name, kind: place.kind, country_code: place.country, latitude: place.at[0], longitude: place.at[1] },
    }));
    geomap.save.give(JSON.stringify({ corrections }, null, 1), "application/json", "corrections.json");
  }

  return { form };
})();
