import { formatTime } from '../../../../base/clock.js'
import { isObject, type Json } from '../../../../base/json.js'
import { parseYaml } from '../../../../formats/yaml/parse-yaml.js'
import { defineCheck, type Finding } from '../../contract.js'
import type { KubeDocument } from '../../model/document.js'
import type { FleetModel } from '../../model/fleet-model.js'
import type { Spot } from '../../model/spot.js'
import { decodeBase64Text } from '../../x509/read-certificate.js'

export const remoteKubeconfig = defineCheck({
  id: 'remote-kubeconfig',
  topic: 'network',
  severity: 'error',
  title: 'What a cluster is reached by cannot work from the pod that uses it',
  why: 'The kubeconfig in a remote secret (Istio, Linkerd), or the server in a cluster Secret of Argo CD, is used by a pod, mostly in another cluster: an address of the loopback means that pod, a program to get credentials is not in the images of meshes, a token that ends is renewed by nobody, and without an authority the server’s certificate is not trusted.',
  evidence: [
    'istio/istio#44826',
    'istio/istio#51376',
    'istio/istio#60612',
    'Istio: pkg/kube/util.go',
    'Linkerd: multicluster/service-mirror',
  ],
  fix: 'Make the secret from a kubeconfig whose server the other cluster can reach (`istioctl create-remote-secret --server https://…`), with a token and the authority in it.',
  *run(model) {
    for (const secret of model.kinds('', 'Secret')) {
      if (secret.label('argocd.argoproj.io/secret-type') === 'cluster' && isReadByPods(model, secret))
        yield* ofArgoCd(secret, model.nowMs)
      const isIstio = secret.label('istio/multiCluster') === 'true'
      if (!isIstio && secret.text('type') !== 'mirror.linkerd.io/remote-kubeconfig') continue
      const reader = isIstio ? 'istiod' : 'the service mirror'
      for (const { key, text, at } of textsOf(secret)) {
        const config = parse(text)
        if (config === undefined) continue
        const cluster = first(config['clusters'], 'cluster')
        const user = first(config['users'], 'user')
        const server = typeof cluster?.['server'] === 'string' ? cluster['server'] : ''
        if (isLoopback(server))
          yield { message: `${secret.subject}: the server of ${key} is ${server}, which from a pod is the pod itself`, at: [at] }
        const endsAt = typeof user?.['token'] === 'string' ? endOfToken(user['token']) : undefined
        yield* ends(secret, `the token of ${key}`, endsAt, model.nowMs, at)
        if (isObject(user?.['exec']) || isObject(user?.['auth-provider']))
          yield {
            message: `${secret.subject}: ${key} gets its credentials from a program, which ${isIstio ? 'istiod refuses' : `the image of ${reader} does not have`}`,
            at: [at],
          }
        if (cluster !== undefined && server.startsWith('https:') && cluster['certificate-authority-data'] === undefined) {
          const file = typeof cluster['certificate-authority'] === 'string'
          if (file || cluster['insecure-skip-tls-verify'] !== true)
            yield {
              message: `${secret.subject}: ${key} has ${file ? 'the path of an authority, a file that the pod does not have' : 'no authority for its server'}`,
              at: [at],
            }
        }
      }
    }
  },
})

/** Whatever reads cluster Secrets in a running cluster without Argo CD's controller (a hub of Flotilla) is no pod in it. */
function isReadByPods(model: FleetModel, secret: KubeDocument): boolean {
  if (secret.written !== undefined) return true
  return ['StatefulSet', 'Deployment'].some((kind) =>
    model.kinds('apps', kind).some(({ cluster, name }) => cluster === secret.cluster && /application-controller/.test(name)),
  )
}

/** What Argo CD reaches the cluster by: programs for credentials are in its image, so only addresses and ends count. */
function* ofArgoCd(secret: KubeDocument, nowMs: number | undefined): Iterable<Finding> {
  const read = (key: string) => secret.text('stringData', key) ?? decodeBase64Text(secret.text('data', key) ?? '')
  const member = (key: string) => secret.at(secret.has('stringData', key) ? 'stringData' : 'data', key)
  const server = read('server') ?? ''
  if (isLoopback(server))
    yield {
      message: `${secret.subject}: the server is ${server}, which from a pod is the pod itself`,
      at: [member('server')],
      fix: 'Give the address by which Argo CD’s pods reach the API server; its own cluster is https://kubernetes.default.svc.',
    }
  const token = /"bearerToken"\s*:\s*"([^"]+)"/.exec(read('config') ?? '')?.[1]
  yield* ends(secret, 'the bearerToken', token === undefined ? undefined : endOfToken(token), nowMs, member('config'))
}

function* ends(
  secret: KubeDocument,
  what: string,
  endsAt: number | undefined,
  nowMs: number | undefined,
  at: Spot,
): Iterable<Finding> {
  if (endsAt === undefined || nowMs === undefined) return
  const text = formatTime(endsAt).slice(0, 16)
  if (endsAt < nowMs) yield { message: `${secret.subject}: ${what} ended at ${text}Z`, at: [at] }
  else
    yield {
      message: `${secret.subject}: ${what} ends at ${text}Z, and nothing renews it`,
      severity: 'warning',
      at: [at],
      fix: 'Use the token of a Secret of type kubernetes.io/service-account-token, which does not end, or let something renew this one.',
    }
}

function isLoopback(server: string): boolean {
  const host = /^https?:\/\/(\[[^\]]+\]|[^:/]+)/.exec(server)?.[1] ?? ''
  return /^(localhost$|127\.|0\.0\.0\.0$|\[::1\]$)/.test(host)
}

function textsOf(secret: KubeDocument): { key: string; text: string; at: Spot }[] {
  return ['stringData', 'data'].flatMap((member) =>
    secret.keys(member).flatMap((key) => {
      const written = secret.text(member, key)
      const text = written === undefined ? undefined : member === 'data' ? decodeBase64Text(written) : written
      return text === undefined || text.length > 200_000 ? [] : [{ key, text, at: secret.at(member, key) }]
    }),
  )
}

function parse(text: string): Record<string, Json> | undefined {
  try {
    const value = parseYaml(text)
    return isObject(value) && Array.isArray(value['clusters']) ? (value as Record<string, Json>) : undefined
  } catch {
    return undefined
  }
}

/** Epoch ms of the claim `exp`; undefined for a token without an end, or one that is no JWT. */
function endOfToken(token: string): number | undefined {
  const payload = token.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/')
  const text = payload === undefined ? undefined : decodeBase64Text(payload.padEnd(Math.ceil(payload.length / 4) * 4, '='))
  const seconds = /"exp"\s*:\s*(\d{9,11})\b/.exec(text ?? '')?.[1]
  return seconds === undefined ? undefined : Number(seconds) * 1000
}

function first(list: unknown, member: string): Record<string, unknown> | undefined {
  const [entry] = Array.isArray(list) ? list : []
  const value = isObject(entry) ? (entry as Record<string, unknown>)[member] : undefined
  return isObject(value) ? (value as Record<string, unknown>) : undefined
}
