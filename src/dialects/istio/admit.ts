import type { KubeObject } from '../../kube/object/kube-object.js'
import type { StatusCause } from '../../kube/object/status-error.js'
import { acceptHint } from './diagnose.js'
import { validateIstio, wantsUnambiguous } from './translate/accept.js'

/** The name that Istio's own admission webhook has in refusals. */
export const istioWebhook = 'validation.istio.io'

export interface Admission {
  /** Undefined: it may be stored. */
  readonly refusal?: { readonly message: string; readonly causes: readonly StatusCause[] }
  readonly warnings: readonly string[]
}

/** Whether Istio would take an object, in its words, with the field and the fix after them. */
export function admitIstio(object: KubeObject, namespace: KubeObject | undefined): Admission {
  const report = validateIstio(object)
  if (report === undefined) return { warnings: [] }
  const warnings = report.warnings.map(({ field, message, fix }) => `${field}: ${message}. ${fix}`)
  if (report.errors.length === 0) return { warnings }
  if (wantsUnambiguous(object, namespace)) {
    const accepted = report.errors.map(
      ({ field, message, fix }) =>
        `${field}: ${message}; it is stored all the same and applied as far as no error touches it. ${fix}`,
    )
    return { warnings: [...accepted, ...warnings] }
  }
  const texts = report.errors.map(({ message }) => message)
  const list =
    texts.length === 1 ? texts[0] : `${texts.length} errors occurred:\n${texts.map((text) => `\t* ${text}\n`).join('')}\n`
  const advice = report.errors.map(({ field, fix }) => `${field}: ${fix}`).join(' ')
  return {
    refusal: {
      message: `configuration is invalid: ${list} (${advice} ${acceptHint})`,
      causes: report.errors.map(({ field, message }) => ({ reason: 'FieldValueInvalid', field, message })),
    },
    warnings,
  }
}
