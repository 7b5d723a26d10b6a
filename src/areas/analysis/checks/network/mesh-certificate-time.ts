import { formatTime } from '../../../../base/clock.js'
import { defineCheck } from '../../contract.js'
import type { KubeDocument } from '../../model/document.js'
import { decodeBase64Text, readCertificates } from '../../x509/read-certificate.js'

/** Secrets that hold the authority of a mesh. */
const authorities = new Set([
  'cacerts',
  'cilium-ca',
  'linkerd-identity-issuer',
  'submariner-k8s-broker-client-token',
  'clustermesh-apiserver-remote-cert',
  'clustermesh-apiserver-server-cert',
])
const warnDays = 30
const skewMs = 5 * 60_000

export const meshCertificateTime = defineCheck({
  id: 'mesh-certificate-time',
  topic: 'network',
  severity: 'error',
  title: 'A certificate of a mesh has ended, ends soon, or is not valid yet',
  why: 'Authorities of meshes are made once and forgotten. On the day that one ends, every connection between clusters (and often every one within) fails at once. One that begins later than some clock thinks is refused there until the clock has caught up.',
  evidence: [
    'istio/istio#52356',
    'istio/istio#32176',
    'linkerd/linkerd2#11668',
    'linkerd/linkerd2#3980',
    'skupperproject/skupper#456',
    'cilium/cilium#47351',
  ],
  fix: 'Make a new one from the same root now, and let something renew it (cert-manager, a CronJob).',
  *run(model) {
    const { nowMs } = model
    if (nowMs === undefined) return
    for (const secret of model.kinds('', 'Secret')) {
      if (!authorities.has(secret.name) && secret.label('istio/multiCluster') !== 'true') continue
      for (const { member, key, pem } of certificatesOf(secret)) {
        const ends = readCertificates(pem) ?? []
        const first = ends.reduce((least, { notAfter }) => Math.min(least, notAfter), Number.POSITIVE_INFINITY)
        const begins = ends.reduce((most, { notBefore }) => Math.max(most, notBefore), Number.NEGATIVE_INFINITY)
        const at = secret.atKey(member, key)
        const days = Math.floor((first - nowMs) / 86_400_000)
        if (first < nowMs) yield { message: `${key} of ${secret.subject} ended on ${day(first)}`, at: [at] }
        else if (days < warnDays)
          yield { message: `${key} of ${secret.subject} ends on ${day(first)}, in ${days} days`, severity: 'warning', at: [at] }
        if (begins > nowMs) yield { message: `${key} of ${secret.subject} is not valid before ${minute(begins)}`, at: [at] }
        else if (begins > nowMs - skewMs)
          yield {
            message: `${key} of ${secret.subject} is valid since ${minute(begins)} only: a clock that is five minutes slow refuses it`,
            severity: 'note',
            at: [at],
          }
      }
    }
  },
})

function certificatesOf(secret: KubeDocument) {
  return (['stringData', 'data'] as const).flatMap((member) =>
    secret.keys(member).flatMap((key) => {
      const written = secret.text(member, key)
      const pem = written === undefined ? undefined : member === 'data' ? decodeBase64Text(written) : written
      return pem?.includes('BEGIN CERTIFICATE') === true ? [{ member, key, pem }] : []
    }),
  )
}

function day(ms: number): string {
  return formatTime(ms).slice(0, 10)
}

function minute(ms: number): string {
  return `${formatTime(ms).slice(0, 16)}Z`
}
