// Makes pictures of lists as GitHub renders them: node lists.mjs FOLDER NAME=FILE.md…
//
// `cmark-gfm`, GitHub's own parser, makes the HTML; the style is like GitHub's. Each list is seen in a light and a dark
// page, at WIDTH pixels (1000) and HEIGHT (900), from its start or from the heading AT.
import { execFileSync } from 'node:child_process';
import { chromium } from 'playwright-core';

const [, , folder, ...lists] = process.argv;
const size = { width: Number(process.env.WIDTH || 1000), height: Number(process.env.HEIGHT || 900) };
const style = `
  :root { color-scheme: light dark }
  body { margin: 0; background: light-dark(#fff, #0d1117); color: light-dark(#1f2328, #f0f6fc);
    font: 16px/1.5 -apple-system, "Noto Sans", "Noto Sans CJK SC", "Noto Color Emoji", Helvetica, Arial, sans-serif }
  article { max-width: 980px; margin: 0 auto; padding: 24px 32px; overflow-wrap: break-word }
  @media (max-width: 767px) { article { padding: 16px } }
  h1, h2 { border-bottom: 1px solid light-dark(#d1d9e0b3, #3d444db3); padding-bottom: .3em }
  h1, h2, h3, h4, h5, h6 { margin: 24px 0 16px; line-height: 1.25 }
  h1 { font-size: 2em; margin-top: 0 } h2 { font-size: 1.5em } h3 { font-size: 1.25em } h4 { font-size: 1em }
  p, ul, ol, table, details, blockquote { margin: 0 0 16px }
  ul, ol { padding-left: 2em } li + li { margin-top: .25em } li > p { margin-top: 16px } li ul, li ol { margin-bottom: 0 }
  a { color: light-dark(#0969da, #4493f8); text-underline-offset: .2rem }
  code { background: light-dark(#818b981f, #656c7633); border-radius: 6px; padding: .2em .4em; font-size: 85% }
  table { border-collapse: collapse; display: block; width: max-content; max-width: 100%; overflow: auto }
  th, td { border: 1px solid light-dark(#d1d9e0, #3d444d); padding: 6px 13px }
  tr:nth-child(2n) { background: light-dark(#f6f8fa, #151b23) }
  blockquote { color: light-dark(#59636e, #9198a1); border-left: .25em solid light-dark(#d1d9e0, #3d444d); padding: 0 1em }
  img { max-width: 100% }
`;
const extensions = ['table', 'autolink', 'strikethrough', 'tasklist', 'tagfilter'].flatMap((name) => ['-e', name]);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: ['--no-sandbox'] });
for (const [name, file] of lists.map((list) => list.split('='))) {
  const html = execFileSync('cmark-gfm', ['--unsafe', ...extensions, file], { encoding: 'utf8' });
  for (const colorScheme of ['light', 'dark']) {
    const context = await browser.newContext({ colorScheme, viewport: size });
    const tab = await context.newPage();
    await tab.setContent(`<!doctype html><meta charset="utf-8"><style>${style}</style><article>${html}</article>`);
    await tab.evaluate((at) => {
      const headings = [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')];
      headings.find((heading) => heading.textContent.trim() === at)?.scrollIntoView();
    }, process.env.AT);
    await tab.screenshot({ path: `${folder}/${name}-${colorScheme}.png` });
    await context.close();
  }
}
await browser.close();
