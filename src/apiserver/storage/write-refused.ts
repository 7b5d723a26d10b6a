import { CodedError } from '../../base/errors.js'

/** The files took nothing of a group of changes and are as they were before: the disk is full. The next write may succeed. */
export class WriteRefused extends CodedError {}
