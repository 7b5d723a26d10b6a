/**
 * Whose rules hold: those of Helm 3 (3.22) or of Helm 4 (4.3). They differ in nulls among a chart's defaults, in `.Chart` (a
 * map in Helm 4), in white space around documents, in the place of webhooks in the order of kinds, in values files of several
 * documents, in a dozen functions, and in the wording of errors.
 */
export type HelmMajor = 3 | 4
