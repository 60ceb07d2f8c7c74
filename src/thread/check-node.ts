/**
 * Ends the start on a Node that is too old. Entry points import this file first: on such a Node the packages that they load fail
 * with errors such as `File is not defined`.
 */
import { nodeTooOld } from './node-version.js';

const problem = nodeTooOld(process.versions.node);
// eslint-disable-next-line no-restricted-syntax -- on such a Node nothing else may be loaded, the error classes neither
if (problem !== undefined) throw new Error(problem);
