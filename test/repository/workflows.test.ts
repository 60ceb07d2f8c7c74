/** What a stranger's pull request, or an action that was taken over, must not be able to do. */
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';

const FOLDER = resolve(__dirname, '..', '..', '.github', 'workflows');
const PINNED = /^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/;

type Permissions = Readonly<Record<string, string>>;
interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Job {
  readonly permissions?: Permissions;
  readonly environment?: string | { readonly name: string };
  readonly 'timeout-minutes'?: number;
  readonly steps: readonly Step[];
}
interface Workflow {
  readonly permissions?: Permissions;
  readonly jobs: Readonly<Record<string, Job>>;
}

describe('the workflows of GitHub', () => {
  const files = readdirSync(FOLDER);

  it('are the three that CONTRIBUTING.md describes', () => {
    expect(files.sort()).to.deep.equal(['ci.yml', 'docs.yml', 'release.yml']);
  });

  for (const file of files) {
    const text = readFileSync(join(FOLDER, file), 'utf8');
    const workflow = parse(text) as Workflow;
    const jobs = Object.entries(workflow.jobs);
    const steps = jobs.flatMap(([, job]) => job.steps);

    it(`${file} uses actions by the full hash of a commit, with the version beside it`, () => {
      const used = [...text.matchAll(/uses: (.*)/g)].map(([, name]) => name);
      expect(used).to.have.length(steps.filter(({ uses }) => uses !== undefined).length);
      for (const name of used) expect(name).to.match(PINNED);
    });

    it(`${file} gives each job only what it needs, and ends each`, () => {
      expect(workflow.permissions).to.satisfy((all: Permissions) => {
        const given = Object.entries(all).flat();
        return given.length === 0 || given.join() === 'contents,read';
      });
      for (const [name, job] of jobs) expect(job['timeout-minutes'], name).to.be.a('number');
    });

    it(`${file} leaves no token in the clone, and puts nothing of an event into a shell's text`, () => {
      const clones = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'));
      for (const clone of clones) expect(clone.with).to.have.property('persist-credentials', false);
      for (const { run = '' } of steps) expect(run).to.not.include('${{');
    });

    it(`${file} lets a job write or sign only behind an environment, or without code of the repository`, () => {
      for (const [name, { permissions = {}, environment, steps: own }] of jobs) {
        if (!Object.values(permissions).includes('write')) continue;
        const isBare = own.every(
          ({ uses, run }) => !uses?.startsWith('actions/checkout@') && !/npm (ci|run)/.test(run ?? ''),
        );
        expect(isBare, name).to.equal(true);
        if ('id-token' in permissions) expect(environment, name).to.not.equal(undefined);
      }
    });
  }
});
