"use strict";
const viewer = document.getElementById("viewer"), page = document.getElementById("viewer-page");
const mails = Array.from(document.querySelectorAll("details.mail"));
let shown = null, last = { block: null, pages: [] };

async function pagesOf(block) {
  if (last.block !== block) {
    const packed = atob(document.getElementById("b" + block).content.textContent.trim());
    const bytes = Uint8Array.from(packed, (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    last = { block: block, pages: JSON.parse(await new Response(stream).text()) };
  }
  return last.pages;
}

async function show(mail) {
  const pages = await pagesOf(mail.dataset.block);
  shown = mail;
  document.getElementById("viewer-title").textContent =
    mail.parentElement.querySelector("summary b").textContent + " " + mail.querySelector("summary b").textContent;
  page.srcdoc = pages[Number(mail.dataset.place)];
  if (!viewer.open) { viewer.showModal(); document.getElementById("viewer-close").focus(); }
}

function beside(step) {
  const visible = mails.filter((mail) => !mail.hidden && !mail.parentElement.hidden);
  const next = visible[visible.indexOf(shown) + step];
  if (next) show(next);
}

const canShow = typeof DecompressionStream === "function" && typeof viewer.showModal === "function";
if (canShow) {
  document.documentElement.classList.add("shows");
  document.addEventListener("click", (event) => {
    const summary = event.target.closest("details.mail > summary");
    if (summary) { event.preventDefault(); show(summary.parentElement); }
  });
  document.getElementById("viewer-close").addEventListener("click", () => viewer.close());
  document.getElementById("viewer-before").addEventListener("click", () => beside(-1));
  document.getElementById("viewer-after").addEventListener("click", () => beside(1));
}

function follow() {
  const there = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!there) return;
  for (let part = there; part; part = part.parentElement) {
    if (part.tagName === "DETAILS" && !(canShow && part.classList.contains("mail"))) part.open = true;
    part.hidden = false;
  }
  there.scrollIntoView();
  if (canShow && there.classList.contains("mail")) show(there);
}
addEventListener("hashchange", follow);
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']");
  if (link && link.hash === location.hash) follow();
});

const find = document.getElementById("find"), told = document.getElementById("found");
const texts = (parts) => Array.from(parts, (part) => [part, ((part.querySelector("summary") || part).textContent + " " + (part.dataset.also || "")).toLowerCase()]);
let entries = null, letters = null, wait = 0;

function filter() {
  entries = entries || texts(document.querySelectorAll(".item"));
  letters = letters || texts(mails);
  const word = find.value.trim().toLowerCase();
  const days = new Set();
  let mailCount = 0, count = 0;
  for (const [mail, text] of letters) {
    mail.hidden = !text.includes(word);
    if (!mail.hidden) { mailCount += 1; days.add(mail.parentElement); }
  }
  for (const [entry, text] of entries) {
    const holds = entry.classList.contains("day") && days.has(entry);
    entry.hidden = !holds && !text.includes(word);
    if (entry.classList.contains("day") && !holds && !entry.hidden && word)
      entry.querySelectorAll(".mail").forEach((mail) => { mail.hidden = false; });
    if (!entry.hidden && !entry.classList.contains("day")) count += 1;
  }
  told.textContent = word ? "找到" + count + "项" + (letters.length ? "、" + mailCount + "封邮件" : "") : "";
}
find.addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(filter, 150); });
follow();
