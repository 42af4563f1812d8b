// Several articles: which of them are shown, by date and one by one.
"use strict";

geomap.articles = (function () {
  const el = (...args) => geomap.el(...args);
  let days = []; // the dates of publication, each once, in order
  let only = null; // the one article shown, or null

  function start() {
    const { articles } = geomap.data;
    days = [...new Set(articles.map((a) => a.published).filter(Boolean))].sort();
    if (articles.length < 2) return;
    if (days.length > 1) slider();
  }

  function slider() {
    const [from, until] = [geomap.byId("gm-from"), geomap.byId("gm-until")];
    geomap.byId("gm-time").hidden = false;
    for (const input of [from, until]) input.max = String(days.length - 1);
    from.value = "0";
    until.value = String(days.length - 1);
    const moved = (event) => {
      // The ends push each other along rather than cross.
      if (Number(from.value) > Number(until.value)) {
        if (event.target === from) until.value = from.value;
        else from.value = until.value;
      }
      say();
      apply();
    };
    from.addEventListener("input", moved);
    until.addEventListener("input", moved);
    say();
  }

  const range = () => [Number(geomap.byId("gm-from").value), Number(geomap.byId("gm-until").value)];

  function say() {
    const [first, last] = range();
    const text = first === last ? geomap.day(days[first]) : `${geomap.day(days[first])} – ${geomap.day(days[last])}`;
    geomap.byId("gm-time-span").textContent = text;
    for (const [id, at] of [["gm-from", first], ["gm-until", last]]) geomap.byId(id).setAttribute("aria-valuetext", geomap.day(days[at]));
  }

  // Articles without a date are shown only while the whole span is.
  function apply() {
    const { articles } = geomap.data;
    let shown = articles;
    if (only) shown = [only];
    else if (days.length > 1) {
      const [first, last] = range();
      if (first > 0 || last < days.length - 1) {
        shown = articles.filter((a) => a.published && a.published >= days[first] && a.published <= days[last]);
      }
    }
    const all = shown.length === articles.length;
    const note = geomap.byId("gm-filter");
    note.hidden = all;
    note.replaceChildren();
    if (!all) {
      note.append(only ? el("span", {}, "Only ", geomap.name(only.title || only.id)) : `${geomap.plural(shown.length, "article")} of ${articles.length.toLocaleString("en")}`,
        only ? el("button", { type: "button", class: "gm-button", onclick: () => show(null) }, "Show all") : "");
    }
    geomap.change({ articles: all ? null : new Set(shown.map((a) => a.index)) });
  }

  // Show one article alone, or all again.
  function show(article) {
    only = article;
    apply();
  }

  return { start, show };
})();
