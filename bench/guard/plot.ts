/** The figures as a picture: how much of each attack's money had been stopped, as its messages came. */
import type { Figures } from "./run.ts";

const width = 760;
const row = 58;
const left = 240;
const graph = width - left - 90;

export function plotOf(title: string, attacks: readonly Figures[]): string {
  const height = 60 + attacks.length * row;
  const rows = attacks.map(({ name, curve, moneyStopped }, index) => {
    const base = 50 + (index + 1) * row - 14;
    const high = row - 22;
    const points = curve.map((share, n) => `${left + ((n + 1) / curve.length) * graph},${base - share * high}`);
    return [
      `<text x="${left - 12}" y="${base - high / 2 + 4}" text-anchor="end">${name}</text>`,
      `<path d="M${left},${base} L${points.join(" ")} L${left + graph},${base} Z" fill="#2b6cb0" fill-opacity="0.25"/>`,
      `<polyline points="${left},${base} ${points.join(" ")}" fill="none" stroke="#2b6cb0" stroke-width="2"/>`,
      `<line x1="${left}" y1="${base}" x2="${left + graph}" y2="${base}" stroke="#999"/>`,
      `<text x="${left + graph + 12}" y="${base - high / 2 + 4}">${(moneyStopped * 100).toFixed(1)} %</text>`,
    ].join("\n");
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13">
<title>${title}</title>
<rect width="${width}" height="${height}" fill="white"/>
<text x="16" y="28" font-size="16">${title}</text>
${rows.join("\n")}
</svg>
`;
}
