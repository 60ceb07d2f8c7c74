/** Ends the command with one line on a Node that is too old. The first import of the command, before anything else loads. */
import { nodeTooOld } from '../thread/node-version.js';

const COULD_NOT_RUN = 2;

const problem = nodeTooOld(process.versions.node);
if (problem !== undefined) {
  process.stderr.write(`${problem}\n`);
  process.exit(COULD_NOT_RUN);
}
