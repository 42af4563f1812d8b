// The data of the page, what is selected and shown, and small helpers that the other files use.
"use strict";

const geomap = {};

// Below this confidence a place is drawn as doubtful.
geomap.UNSURE = 0.7;

// Make an element. Text only ever becomes a text node; there is no way here to pass markup.
geomap.el = function (tag, properties, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name in node && name !== "list") node[name] = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== false) node.append(child);
  }
  return node;
};

geomap.byId = (id) => document.getElementById(id);

// A name of others, kept from reordering the text around it.
geomap.name = (text, className) => geomap.el("bdi", { class: className }, text);

// The form under which names are compared: geomap.names.fold, as far as a search needs it.
geomap.fold = function (text) {
  const small = text.toLowerCase();
  if (/^[a-z0-9]*$/.test(small)) return small;
  return small.normalize("NFKD").replace(/[\u0300-\u036f\u064b-\u065f\u0670]/g, "")
    .replace(/['’ʼ′`‘´ʹʻʾʿ.·]/g, "").replace(/[^\p{L}\p{M}\p{N}]+/gu, " ")
    .replace(/[øłđðıæœßəþ]/g, (letter) => LETTERS[letter]).normalize("NFKC").trim();
};
const LETTERS = { ø: "o", ł: "l", đ: "d", ð: "d", ı: "i", æ: "ae", œ: "oe", ß: "ss", ə: "a", þ: "th" };

// Offsets count code points; strings here count UTF-16 units.
geomap.slicer = function (text) {
  const points = /[\ud800-\udfff]/.test(text) ? Array.from(text) : null;
  return (start, end) => (points ? points.slice(start, end).join("") : text.slice(start, end));
};

geomap.plural = (n, one, many) => `${n.toLocaleString("en")} ${n === 1 ? one : many || `${one}s`}`;

geomap.day = function (iso) {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(iso || "");
  if (!match) return iso || "";
  const months = "January February March April May June July August September October November December";
  return `${Number(match[3])} ${months.split(" ")[Number(match[2]) - 1] || ""} ${match[1]}`;
};

geomap.confidence = function (value) {
  if (value === null) return "confidence unknown";
  const words =
    value >= 0.9 ? "confident" : value >= geomap.UNSURE ? "fairly sure" : value >= 0.4 ? "unsure" : "very unsure";
  return `${words} (${Math.round(value * 100)} %)`;
};

geomap.KINDS = {
  country: "country",
  region: "region",
  settlement: "settlement",
  natural: "natural feature",
  facility: "site or building",
};

// Whom to credit beside the base map's sources: the services that were asked for a place.
geomap.credits = function ({ places, mentions }) {
  const isOpen = ({ id, source }) => id.startsWith("osm:") || ["nominatim", "photon"].includes(source);
  const open = [...places, ...mentions.flatMap((m) => m.alternatives)].some(isOpen);
  const others = places.filter((p) => !isOpen(p)).map((p) => p.source).filter((s) => s && !OWN_SOURCES.has(s));
  return [...(open ? ["© OpenStreetMap contributors"] : []), ...new Set(others)];
};
const OWN_SOURCES = new Set(["geonames", "supplement", "correction"]);

geomap.read = function (id) {
  return JSON.parse(geomap.byId(id).textContent);
};

// The rows of a table that is given by its columns.
geomap.rows = function (columns) {
  const names = Object.keys(columns);
  const read = names.map((name) => {
    const column = columns[name];
    return column.of ? (i) => column.of[column.at[i]] : (i) => column[i];
  });
  const first = names.length ? columns[names[0]] : [];
  const rows = [];
  for (let i = 0; i < (first.of ? first.at : first).length; i++) {
    const row = {};
    for (let k = 0; k < names.length; k++) row[names[k]] = read[k](i);
    rows.push(row);
  }
  return rows;
};

// Link the tables to each other and keep what is derived from them.
geomap.load = function (data) {
  geomap.data = data;
  for (const table of ["articles", "mentions", "places", "regions"]) data[table] = geomap.rows(data[table]);
  data.articles.forEach((article, i) => {
    article.index = i;
    article.slice = geomap.slicer(article.text);
    article.mentions = [];
  });
  data.places.forEach((place, i) => {
    place.index = i;
    place.mentions = [];
    place.isAdmin1 =
      place.kind === "region" && (place.feature_code === "ADM1" || place.id === `admin1:${geomap.admin1Of(place)}`);
    // The map's left edge may lie elsewhere than at the antimeridian.
    place.lat = place.at[0];
    place.lng = geomap.wrap(place.at[1]);
  });
  for (const mention of data.mentions) {
    mention.of = data.articles[mention.article];
    mention.of.mentions.push(mention);
    mention.at = mention.place === null ? null : data.places[mention.place];
    if (mention.at) mention.at.mentions.push(mention);
  }
  for (const article of data.articles) article.mentions.sort((a, b) => a.start - b.start);
  for (const place of data.places) {
    place.variants = [...new Set(place.mentions.map((m) => m.text))];
  }
  geomap.regionsById = new Map(data.regions.map((region) => [region.id, region]));
  geomap.state = {
    place: null, // the selected place
    mention: null, // the mention by which it was chosen, if any
    literal: true,
    associative: true,
    articles: null, // a Set of article indexes, or null for all
    region: null, // the id of the country or region that is shown alone, or null for all
  };
  geomap.recount();
};

geomap.wrap = function (longitude) {
  const left = geomap.data.base.left;
  return left + ((((longitude - left) % 360) + 360) % 360);
};

geomap.isShown = function (mention) {
  const state = geomap.state;
  if (state[mention.role] === false || (state.articles !== null && !state.articles.has(mention.article))) return false;
  return state.region === null || (mention.at !== null && geomap.groupsOf(mention.at).includes(state.region));
};

// Areas of the user's own, if there are any, take the place of regions, and of countries as groups.
geomap.hasAreas = () => (geomap.data.areas ?? []).length > 0;
geomap.groupsOf = (place) => (geomap.hasAreas() ? [place.region] : [place.country, place.region]);
let areas = null;
geomap.areaOf = function (place) {
  areas ??= new Map((geomap.data.areas ?? []).map((area) => [area.id, area]));
  return areas.get(place.region);
};
// The id of a place's first-order region, whatever it is grouped by.
geomap.admin1Of = (place) => (geomap.hasAreas() ? `${place.country}.${place.admin1}` : place.region);

// Count, for every place, the mentions that the switches let through.
geomap.recount = function () {
  for (const place of geomap.data.places) {
    place.literal = place.associative = 0;
    place.sure = 0;
    for (const mention of place.mentions) {
      if (!geomap.isShown(mention)) continue;
      place[mention.role] += 1;
      place.sure = Math.max(place.sure, mention.confidence || 0);
    }
    place.count = place.literal + place.associative;
  }
};

// A small announcer: "change" (switches), "select" (a place or none), "corrected" (mentions), "theme".
const listeners = { change: [], select: [], corrected: [], theme: [] };
geomap.on = (event, listener) => listeners[event].push(listener);
geomap.emit = (event, detail) => {
  for (const listener of listeners[event]) listener(detail);
};

geomap.change = function (values) {
  Object.assign(geomap.state, values);
  geomap.recount();
  geomap.emit("change");
};

// Select a place (or none). `from` says where the reader did so: map, text, panel or link.
geomap.select = function (place, { mention = null, from = "map", keyboard = false } = {}) {
  geomap.state.place = place;
  geomap.state.mention = mention;
  geomap.emit("select", { place, mention, from, keyboard });
};

geomap.media = (query) => window.matchMedia(query).matches;
geomap.isPhone = () => geomap.media("(max-width: 760px)");
geomap.isStill = () => geomap.media("(prefers-reduced-motion: reduce)");

geomap.color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

// folium's popups and some plug-ins ask jQuery for two things; these are they.
window.$ =
  window.$ ||
  function (what) {
    if (what === document) return { ready: (f) => document.addEventListener("DOMContentLoaded", f) };
    const holder = document.createElement("template");
    holder.innerHTML = what;
    return [holder.content.firstElementChild];
  };
