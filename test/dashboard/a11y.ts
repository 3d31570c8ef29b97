/** A small check of what a page is to those who do not see it, or not well: names, headings, tables, contrast. Runs in the page. */
import type { Page } from 'playwright-core';

/** What is wrong, each with where; empty when nothing is. */
export function problemsOf(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const problems: string[] = [];
    const told = (element: Element): string =>
      `${element.tagName.toLowerCase()}.${element.className} "${(element.textContent ?? '').trim().slice(0, 40)}"`;
    const isShown = (element: Element): boolean => element.checkVisibility({ visibilityProperty: true });
    const all = (selector: string): Element[] => [...document.querySelectorAll(selector)].filter(isShown);

    for (const control of all('input, select, textarea')) {
      const { labels } = control as HTMLInputElement;
      if (!control.getAttribute('aria-label') && ![...(labels ?? [])].some(({ textContent }) => textContent?.trim()))
        problems.push(`no label: ${told(control)}`);
    }
    for (const named of all('a, button, summary'))
      if (!named.getAttribute('aria-label') && !named.textContent?.trim()) problems.push(`no name: ${told(named)}`);
    for (const link of all('a')) if (!link.getAttribute('href')) problems.push(`no href: ${told(link)}`);

    let level = 0;
    for (const heading of all('h1, h2, h3, h4')) {
      const own = Number(heading.tagName.slice(1));
      if (own > level + 1) problems.push(`heading skips a level: ${told(heading)}`);
      level = own;
    }
    if (all('h1').length !== 1) problems.push(`${all('h1').length} h1`);
    if (all('main').length !== 1) problems.push(`${all('main').length} main`);
    for (const table of all('table'))
      if (!table.querySelector('th[scope="col"]')) problems.push(`table without headers: ${told(table)}`);
    for (const attribute of ['aria-describedby', 'aria-labelledby'])
      for (const element of all(`[${attribute}]`))
        if (!document.getElementById(element.getAttribute(attribute)!))
          problems.push(`${attribute} to nothing: ${told(element)}`);
    const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
    for (const id of ids.filter((one, index) => ids.indexOf(one) !== index)) problems.push(`id twice: ${id}`);

    type Rgba = readonly [number, number, number, number];
    const rgba = (text: string): Rgba => {
      const [r = 0, g = 0, b = 0, a = 1] = (text.match(/[\d.]+/g) ?? []).map(Number);
      return [r, g, b, a];
    };
    const over = ([r, g, b, a]: Rgba, [r2, g2, b2]: Rgba): Rgba => [
      r * a + r2 * (1 - a),
      g * a + g2 * (1 - a),
      b * a + b2 * (1 - a),
      1,
    ];
    const groundOf = (element: Element | null): Rgba => {
      if (!element) return [255, 255, 255, 1];
      const own = rgba(getComputedStyle(element).backgroundColor);
      return own[3] === 1 ? own : over(own, groundOf(element.parentElement));
    };
    const light = ([r, g, b]: Rgba): number => {
      const [x, y, z] = [r, g, b].map((value) => {
        const part = value / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      }) as [number, number, number];
      return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    };
    const contrast = (one: Rgba, other: Rgba): number => {
      const [bright, dark] = [light(one), light(other)].sort((a, b) => b - a) as [number, number];
      return (bright + 0.05) / (dark + 0.05);
    };
    const seen = new Set<string>();
    for (const element of all('body *')) {
      const own = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim());
      if (!own || element.closest('.unseen, [aria-hidden="true"] canvas')) continue;
      const ground = groundOf(element);
      const ratio = contrast(over(rgba(getComputedStyle(element).color), ground), ground);
      if (ratio < 4.5 && !seen.has(told(element))) {
        seen.add(told(element));
        problems.push(`contrast ${ratio.toFixed(2)}: ${told(element)}`);
      }
    }
    return problems;
  });
}

/** Presses Tab until the focus is back at the start: what it never reached of what can be operated. */
export async function unreached(page: Page): Promise<string[]> {
  const wanted = await page.evaluate(() => {
    const selector = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';
    const found = [...document.querySelectorAll<HTMLElement>(selector)].filter(
      (element) => element.checkVisibility({ visibilityProperty: true }) && !(element as HTMLButtonElement).disabled,
    );
    found.forEach((element, index) => {
      element.dataset.order = String(index);
    });
    (document.activeElement as HTMLElement | null)?.blur();
    return found.length;
  });
  const reached: number[] = [];
  for (let step = 0; step < 2 * wanted + 20 && new Set(reached).size < wanted; step++) {
    await page.keyboard.press('Tab');
    const order = await page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset.order);
    if (order !== undefined) reached.push(Number(order));
  }
  const missing = Array.from({ length: wanted }, (_, index) => index).filter((index) => !reached.includes(index));
  return page.evaluate(
    (orders) => orders.map((order) => document.querySelector(`[data-order="${order}"]`)?.outerHTML.slice(0, 120) ?? ''),
    missing,
  );
}
