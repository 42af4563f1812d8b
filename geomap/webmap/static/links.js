// Links into the page: #place=geonames:805767 opens a place; back and forward work.
"use strict";

geomap.links = (function () {
  const hashOf = (place) => (place ? `#place=${encodeURIComponent(place.id)}` : "");

  function start() {
    window.addEventListener("hashchange", follow);
    window.addEventListener("popstate", follow);
    geomap.on("select", ({ place, from }) => {
      if (from === "link") return;
      record(hashOf(place));
    });
    follow();
  }

  // In a frame without an origin the browser forbids this: the page then goes without.
  function record(hash) {
    if (location.hash === hash || (!location.hash && !hash)) return;
    try {
      history.pushState(null, "", hash || location.pathname + location.search);
    } catch {
      // no history here
    }
  }

  function follow() {
    const match = /^#(place|article)=(.*)$/s.exec(location.hash);
    let id = null;
    try {
      id = match ? decodeURIComponent(match[2]) : null;
    } catch {
      // not a link of ours: nothing is selected
    }
    if (match && match[1] === "article") {
      const article = geomap.data.articles.find((a) => a.id === id);
      if (article) geomap.article.open(article);
      return;
    }
    const place = geomap.data.places.find((p) => p.id === id) || null;
    if (place !== geomap.state.place) geomap.select(place, { from: "link" });
  }

  async function copy(text, button) {
    let done = false;
    try {
      await navigator.clipboard.writeText(text);
      done = true;
    } catch {
      const area = geomap.el("textarea", { value: text, class: "gm-hidden", "aria-hidden": "true" });
      document.body.append(area);
      area.select();
      done = document.execCommand("copy");
      area.remove();
    }
    const old = button.textContent;
    button.textContent = done ? "Copied" : "Copying is not allowed here";
    setTimeout(() => (button.textContent = old), 1600);
  }

  // A page in a notebook's frame has no address of its own.
  const button = (hash) => /^(https?|file):/.test(location.protocol) && geomap.el("button", { type: "button", class: "gm-button",
    onclick: (event) => copy(location.href.split("#")[0] + hash, event.currentTarget) }, "Copy link");

  return { start, hashOf, button };
})();
