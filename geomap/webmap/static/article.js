// The text of the articles with every place name marked, and what could not be placed.
"use strict";

geomap.article = (function () {
  const el = (...args) => geomap.el(...args);
  const marks = new Map(); // mention -> its element
  const drawn = new Map(); // article -> its element, filled when first opened

  function start() {
    const panel = geomap.byId("gm-panel-article");
    const articles = geomap.data.articles;
    for (const article of articles) {
      if (articles.length === 1) {
        const box = el("article", { class: "gm-text", lang: article.language, dir: "auto" });
        panel.append(...foreign(article), box);
        fill(article, box);
        continue;
      }
      const box = el("details", { class: "gm-text gm-text-one", id: `gm-article-${article.index}` },
        el("summary", {}, geomap.name(article.title || article.id),
          el("span", { class: "gm-fact" }, [article.source, geomap.day(article.published), geomap.plural(article.mentions.length, "mention")].filter(Boolean).join(" · "))));
      drawn.set(article, box);
      box.addEventListener("toggle", () => box.open && write(article));
      box.append(el("p", { class: "gm-actions" },
        el("button", { type: "button", class: "gm-button", onclick: () => geomap.articles.show(article) }, "Only this article on the map"),
        geomap.links.button(`#article=${encodeURIComponent(article.id)}`)));
      box.append(...foreign(article));
      panel.append(box);
    }
    if (articles.length > 1) drawn.get(articles[0]).open = true;
    geomap.on("change", mark);
    geomap.on("select", selected);
    geomap.on("corrected", (mentions) => mentions.forEach(renew));
    mark();
  }

  // What to know of an article that is not in English, as a list of elements.
  function foreign({ language }) {
    if (!language || /^en/i.test(language)) return [];
    let name = language;
    try {
      name = language === "und" ? "a language that it cannot tell" : new Intl.DisplayNames(["en"], { type: "language" }).of(language);
    } catch { /* what the input calls its language may be no tag */ }
    return [el("p", { class: "gm-hint", "data-language": language },
      `This text is in ${name}. The program has learned English only: in other languages it matches well-known names as its gazetteer spells them, with low confidence.`)];
  }

  // Write an article's text into its box if that has not been done.
  function write(article) {
    const box = drawn.get(article);
    if (box && !box.dataset.written) {
      box.dataset.written = "yes";
      fill(article, box);
      mark();
    }
  }

  // Paragraph by paragraph, the names between the words around them.
  function fill(article, box) {
    const length = Array.from(article.text).length;
    let paragraph = el("p", { dir: "auto" });
    const push = (text) => {
      text.split(/\n\s*\n/).forEach((piece, i) => {
        if (i > 0) {
          box.append(paragraph);
          paragraph = el("p", { dir: "auto" });
        }
        if (piece) paragraph.append(piece);
      });
    };
    let at = 0;
    for (const mention of article.mentions) {
      if (mention.start < at) continue; // a name within a name that is marked already
      push(article.slice(at, mention.start));
      const node = markFor(mention);
      marks.set(mention, node);
      paragraph.append(node);
      at = mention.end;
    }
    push(article.slice(at, length));
    box.append(paragraph);
    for (const empty of box.querySelectorAll("p")) if (!empty.textContent.trim()) empty.remove();
  }

  function renew(mention) {
    const old = marks.get(mention);
    if (!old) return;
    const node = markFor(mention);
    marks.set(mention, node);
    old.replaceWith(node);
  }

  function markFor(mention) {
    const place = mention.at;
    if (!place) {
      const node = el("span", { class: "gm-mark gm-mark-unplaced", role: "button", tabIndex: 0, "data-mention": mention.id,
        title: `not placed: ${mention.reasons.join("; ") || "no reason given"}` }, mention.text);
      pressed(node, () => geomap.panel.missing(mention));
      return node;
    }
    const unsure = (mention.confidence ?? 1) < geomap.UNSURE;
    const node = el("span", {
      class: `gm-mark gm-mark-${mention.role}${unsure ? " gm-mark-unsure" : ""}`,
      role: "button", tabIndex: 0, "data-mention": mention.id,
      title: [place.name, place.isAdmin1 ? null : place.admin1_name, place.kind === "country" ? null : place.country_name, geomap.confidence(mention.confidence)].filter(Boolean).join(", "),
    }, mention.text);
    pressed(node, (keyboard) => geomap.select(place, { mention, from: "text", keyboard }));
    for (const event of ["mouseenter", "focus"]) node.addEventListener(event, () => hover(place, true));
    for (const event of ["mouseleave", "blur"]) node.addEventListener(event, () => hover(place, false));
    return node;
  }

  function pressed(node, act) {
    node.addEventListener("click", () => act(false));
    node.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      act(true);
    });
  }

  function hover(place, on) {
    const layer = geomap.places.layerOf(place);
    const element = layer?.getElement?.();
    if (element) element.classList.toggle("gm-hover", on);
  }

  function mark() {
    for (const [mention, node] of marks) node.classList.toggle("gm-mark-off", !!mention.at && !geomap.isShown(mention));
    const { articles } = geomap.state;
    for (const [article, box] of drawn) box.hidden = articles !== null && !articles.has(article.index);
  }

  function selected({ place, mention, from }) {
    for (const [each, node] of marks) {
      node.classList.toggle("gm-mark-selected", place !== null && each.at === place);
      node.classList.toggle("gm-mark-current", each === mention);
    }
    if (!place || from === "text") return;
    if (from === "map") geomap.panel.open("article");
    const first = mention || place.mentions.find(geomap.isShown);
    if (first) scrollTo(first);
  }

  function scrollTo(mention) {
    const box = drawn.get(mention.of);
    if (box) {
      write(mention.of);
      box.open = true;
      for (const [each, node] of marks) node.classList.toggle("gm-mark-selected", each.at === geomap.state.place);
    }
    const node = marks.get(mention);
    const panels = geomap.byId("gm-panels");
    const scroller = panels.scrollHeight > panels.clientHeight ? panels : panels.parentElement;
    // On phones the whole page scrolls and the map stays; only an open article may be moved there.
    if (!node || geomap.byId("gm-panel-article").hidden) return;
    if (geomap.isPhone()) {
      node.scrollIntoView({ block: "nearest", behavior: geomap.isStill() ? "auto" : "smooth" });
      return;
    }
    const top = node.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
    scroller.scrollTo({ top: scroller.scrollTop + top - scroller.clientHeight / 3, behavior: geomap.isStill() ? "auto" : "smooth" });
  }

  // From a quoted sentence to its place in the text.
  function show(mention) {
    geomap.panel.open("article");
    scrollTo(mention);
    const node = marks.get(mention);
    for (const [each, other] of marks) other.classList.toggle("gm-mark-current", each === mention);
    if (node) node.focus({ preventScroll: true });
  }

  // Open one article of several and bring it into view.
  function open(article) {
    geomap.panel.open("article");
    const box = drawn.get(article);
    if (!box) return;
    box.open = true;
    box.scrollIntoView({ block: "start" });
  }

  return { start, show, open };
})();
