// A corpus: how often each place is mentioned, by period, source and role, and what is shown of it.
"use strict";

geomap.corpus = (function () {
  const DIGITS = new Uint8Array(128);
  for (const [i, c] of [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"].entries()) DIGITS[c.charCodeAt(0)] = i;

  // Whole numbers as text: five bits a character, the lowest first; all but the last higher by 32.
  function decode(text, added = false) {
    let length = 0;
    for (let i = 0; i < text.length; i++) if (DIGITS[text.charCodeAt(i)] < 32) length += 1;
    const out = new Float64Array(length);
    let sum = 0;
    for (let at = 0, i = 0; i < length; i++) {
      let value = 0;
      let scale = 1;
      let digit = DIGITS[text.charCodeAt(at++)];
      for (; digit >= 32; digit = DIGITS[text.charCodeAt(at++)]) {
        value += (digit - 32) * scale;
        scale *= 32;
      }
      value += digit * scale;
      sum = added ? sum + value : value;
      out[i] = sum;
    }
    return out;
  }

  // Where each of so many rows begins in a table that has them in order; one more at the end.
  function starts(sizes) {
    const out = new Uint32Array(sizes.length + 1);
    for (let i = 0; i < sizes.length; i++) out[i + 1] = out[i] + sizes[i];
    return out;
  }

  // What a place has that the page of articles knows more of.
  const NONE = { mentions: [], variants: [], names: "", radius: 0, source: "geonames", literal: 0, associative: 0, count: 0 };

  let cells; // of the cells, in the order of the places: period, source, role, count
  let first; // where the cells of each place begin, then those of the rest
  let undated; // the number of the period of what has no date
  let histogram; // mentions by period, of what is shown but for the dates
  let units; // the places, then what stands for the rest

  function load(data) {
    geomap.data = data;
    data.places = geomap.rows(data.places);
    data.articles = []; // those of the page of articles; here they are only named
    data.mentions = [];
    undated = data.periods.length;
    data.named = [...data.sources, "other sources", "no source named"];
    for (const [index, place] of data.places.entries()) {
      Object.assign(place, { ...NONE, index, isOwn: true,
        isAdmin1: place.kind === "region" && (place.feature_code === "ADM1" || place.id === `admin1:${place.region}`),
        lat: place.at[0], lng: geomap.wrap(place.at[1]) });
    }
    units = [...data.places, ...data.rest.map(([area]) => ({ country: area.split(".")[0] || null, region: area.includes(".") ? area : null, literal: 0, associative: 0 }))];
    spread(data.cells);
    data.cells = null;
    areas(data);
    evidence(data);
    const { sizes, places, counts } = data.pairs;
    data.pairs = { first: starts(decode(sizes)), places: decode(places), counts: decode(counts) };
    data.timeline = spreadTimeline(data.timeline);
    geomap.state = {
      place: null, mention: null, literal: true, associative: true, region: null, articles: null,
      from: 0, until: undated - 1, // periods
      sources: new Uint8Array(data.named.length).fill(1),
    };
    geomap.recount();
  }

  function spread({ numbers, counts }) {
    const [number, count] = [decode(numbers, true), decode(counts)];
    const n = number.length;
    const wide = geomap.data.named.length * 2;
    const size = (undated + 1) * wide;
    cells = { period: new Uint16Array(n), source: new Uint8Array(n), role: new Uint8Array(n), count: new Uint32Array(count) };
    const sizes = new Uint32Array(units.length);
    for (let i = 0; i < n; i++) {
      const unit = Math.floor(number[i] / size);
      const rest = number[i] - unit * size;
      sizes[unit] += 1;
      cells.period[i] = Math.floor(rest / wide);
      cells.source[i] = (rest % wide) >> 1;
      cells.role[i] = rest & 1;
    }
    first = starts(sizes);
  }

  function spreadTimeline({ numbers, counts }) {
    const [number, count] = [decode(numbers, true), decode(counts)];
    const wide = geomap.data.named.length;
    return [...number].map((each, i) => ({ period: Math.floor(each / 2 / wide), source: (each / 2) % wide, count: count[i] }));
  }

  // Regions and countries as places: those that are mentioned themselves, and stand-ins.
  function areas(data) {
    geomap.regionsById = new Map();
    const own = new Map(data.places.filter((p) => p.isAdmin1 || p.kind === "country").map((p) => [p.isAdmin1 ? p.region : p.country, p]));
    const add = (key, values) => {
      let place = own.get(key);
      if (!place) {
        place = { ...NONE, id: `area:${key}`, feature_code: null, sure: 1, mean: 1, articles: 0, isOwn: false, ...values };
        data.places.push(place);
      }
      Object.assign(place, { inside: 0, insideLiteral: 0 });
      return place;
    };
    const centre = new Map([...data.base.countries.map((c) => [c.code, c.at]), ...data.base.regions.map((r) => [r.id, r.at])]);
    const at = (key) => ({ at: centre.get(key) || [0, 0], lat: (centre.get(key) || [0, 0])[0], lng: (centre.get(key) || [0, 0])[1] });
    data.shaded = new Map();
    for (const [id, name, country, country_name, articles] of data.regions) {
      geomap.regionsById.set(id, { id, name, country, country_name, articles });
      data.shaded.set(id, add(id, { name, kind: "region", country, country_name, region: id, admin1_name: name, isAdmin1: true, ...at(id) }));
    }
    const codes = new Set(units.map((unit) => unit.country).filter(Boolean));
    for (const { code, name } of data.base.countries) {
      if (codes.has(code)) data.shaded.set(code, add(code, { name, kind: "country", country: code, country_name: name, region: null, admin1_name: null, isAdmin1: false, ...at(code) }));
    }
  }

  function evidence(data) {
    const told = geomap.rows(data.evidence.articles);
    for (const article of told) {
      const known = data.sources.indexOf(article.source);
      article.number = article.source === null ? data.sources.length + 1 : known < 0 ? data.sources.length : known;
      article.period = article.published === null ? undated : periodOf(article.published);
    }
    data.evidence = { first: starts(decode(data.evidence.sizes)), articles: told, rows: geomap.rows(data.evidence.rows) };
  }

  // The number of the last period that begins on that day or before.
  function periodOf(day) {
    const { periods } = geomap.data;
    let [low, high] = [0, periods.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (periods[middle] <= day) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  const isWhole = () => geomap.state.from <= 0 && geomap.state.until >= undated - 1;

  // Which periods are shown, by their numbers; what has no date, only with all others.
  function shownPeriods() {
    const { from, until } = geomap.state;
    const shown = new Uint8Array(undated + 1).fill(1, Math.max(0, from), until + 1);
    shown[undated] = isWhole() ? 1 : 0;
    return shown;
  }

  // Count what the filters let through: of each place, of each region and country, of each period.
  geomap.recount = function () {
    const { state, data } = geomap;
    const periods = shownPeriods();
    const roles = [state.literal, state.associative];
    histogram = new Float64Array(undated + 1);
    for (const area of data.shaded.values()) area.inside = area.insideLiteral = 0;
    const { period, source, role, count } = cells;
    const total = { literal: 0, associative: 0, places: 0 };
    for (let u = 0; u < units.length; u++) {
      const unit = units[u];
      const sums = [0, 0];
      if (state.region === null || unit.country === state.region || unit.region === state.region) {
        for (let i = first[u]; i < first[u + 1]; i++) {
          if (!roles[role[i]] || !state.sources[source[i]]) continue;
          histogram[period[i]] += count[i];
          if (periods[period[i]]) sums[role[i]] += count[i];
        }
      }
      [unit.literal, unit.associative] = sums;
      unit.count = sums[0] + sums[1];
      if (unit.count === 0) continue;
      total.literal += unit.literal;
      total.associative += unit.associative;
      if (unit.isOwn) total.places += 1;
      for (const key of [unit.region, unit.country]) {
        const area = key && data.shaded.get(key);
        if (!area) continue;
        area.inside += unit.count;
        area.insideLiteral += unit.literal;
      }
    }
    geomap.corpus.total = total;
  };

  // The mentions of a place by period, whatever the dates shown.
  function series(place) {
    const { state, data } = geomap;
    const out = new Float64Array(undated + 1);
    const { period, source, role, count } = cells;
    const area = data.shaded.get(place.isAdmin1 ? place.region : place.kind === "country" ? place.country : null);
    units.forEach((unit, u) => {
      const isMeant = area ? unit.region === area.region && (area.isAdmin1 || unit.country === area.country) || (!area.isAdmin1 && unit.country === area.country) : unit === place;
      if (!isMeant) return;
      for (let i = first[u]; i < first[u + 1]; i++) {
        if ((role[i] ? state.associative : state.literal) && state.sources[source[i]]) out[period[i]] += count[i];
      }
    });
    return out;
  }

  // The sentences kept of a place that the filters let through, the best first.
  function sentences(place) {
    const { state, data } = geomap;
    if (!place.isOwn) return [];
    const periods = shownPeriods();
    const { first: begin, rows, articles } = data.evidence;
    return rows.slice(begin[place.index], begin[place.index + 1])
      .map((row) => ({ ...row, of: articles[row.article] }))
      .filter((row) => (row.associative ? state.associative : state.literal) && state.sources[row.of.number] && periods[row.of.period]);
  }

  // What is most often named in the same articles, whatever is shown.
  function together(place) {
    const { pairs, places } = geomap.data;
    if (!place.isOwn) return [];
    const found = [];
    for (let i = pairs.first[place.index]; i < pairs.first[place.index + 1]; i++) found.push({ place: places[pairs.places[i]], articles: pairs.counts[i] });
    return found;
  }

  // Articles of what is shown (by date and source), and of all sources and dates one by one.
  function articles() {
    const { state, data } = geomap;
    const periods = shownPeriods();
    const bySource = new Float64Array(data.named.length);
    const byPeriod = new Float64Array(undated + 1);
    let shown = 0;
    for (const { period, source, count } of data.timeline) {
      bySource[source] += count;
      if (state.sources[source]) byPeriod[period] += count;
      if (state.sources[source] && periods[period]) shown += count;
    }
    return { shown, bySource, byPeriod };
  }

  const MONTHS = "January February March April May June July August September October November December".split(" ");
  function periodName(number) {
    const { periods, unit } = geomap.data;
    if (number === undated) return "no date";
    const iso = periods[number];
    if (unit === "year") return iso.slice(0, 4);
    return unit === "month" ? `${MONTHS[Number(iso.slice(5, 7)) - 1]} ${iso.slice(0, 4)}` : geomap.day(iso);
  }

  return { load, decode, isWhole, series, sentences, together, articles, periodName, undated: () => undated, histogram: () => histogram, total: null };
})();
