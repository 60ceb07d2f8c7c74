/** The drawings in docs/images are those that docs/generate/drawings.ts describes, and the pages show them. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect } from 'chai';
import { DRAWINGS, fileOf } from '../../docs/generate/drawings.js';
import { numbersOf, svgOf } from '../../docs/generate/svg.js';
import { paper } from './readme-examples.js';

/** Drawn from numbers: charts.test.ts. */
const CHARTS: readonly string[] = ['bench.svg', 'chaos.svg', 'race.svg'];

describe('the drawings', () => {
  for (const [name, drawing] of Object.entries(DRAWINGS)) {
    it(`docs/images/${name} is up to date (else: npx tsx docs/generate/drawings.ts)`, () => {
      expect(readFileSync(fileOf(name), 'utf8')).to.equal(svgOf(drawing));
    });

    it(`${name} keeps every box, arrow and label inside its frame`, () => {
      const [width = 0, height = 0] = numbersOf(drawing.size);
      for (const { frame, title } of drawing.boxes) {
        const [x = -1, y = -1, boxWidth = 0, boxHeight = 0] = numbersOf(frame);
        expect(x >= 0 && y >= 0 && x + boxWidth <= width && y + boxHeight <= height, title).to.equal(true);
      }
      for (const point of drawing.arrows.flatMap(({ path, labelAt }) => [...path.split(', '), labelAt])) {
        const [x = -1, y = -1] = numbersOf(point);
        expect(x >= 0 && y >= 0 && x <= width && y <= height, point).to.equal(true);
      }
    });

    it(`${name} is shown by README.md or ARCHITECTURE.md`, () => {
      expect(`${paper('README.md')}${paper('ARCHITECTURE.md')}`).to.include(`docs/images/${name}`);
    });
  }

  it('include every SVG in docs/images but the charts', () => {
    const [first = ''] = Object.keys(DRAWINGS);
    const files = readdirSync(dirname(fileOf(first))).filter((name) => name.endsWith('.svg') && !CHARTS.includes(name));
    expect(files.sort()).to.deep.equal(Object.keys(DRAWINGS).sort());
  });
});
