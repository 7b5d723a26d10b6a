import { createHash } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { AdmissionPlugin } from '../../apiserver/admission/contract.js'
import { createDynamicAdmission } from '../../apiserver/admission/dynamic-admission.js'
import { certificateAuthenticator } from '../../apiserver/auth/certificate-authenticator.js'
import type { KeyedCertificate } from '../../apiserver/auth/fleet-ca.js'
import { createRbac } from '../../apiserver/auth/rbac.js'
import { createEscalationPlugin, createReviewPorts } from '../../apiserver/auth/reviews.js'
import { createServiceAccountTokens } from '../../apiserver/auth/service-account-tokens.js'
import { createStaticTokenAuthenticator } from '../../apiserver/auth/static-token-authenticator.js'
import type { LogicalClusters, ServerPorts, UserInfo } from '../../apiserver/contract.js'
import { createRequestFairness } from '../../apiserver/fairness/request-fairness.js'
import { type ApiFrontOptions, createApiFront } from '../../apiserver/http/api-front.js'
import type { RequestView } from '../../apiserver/http/request-view.js'
import { createBootstrapLayer } from '../../apiserver/logical/bootstrap-layer.js'
import { createLogicalClusters } from '../../apiserver/logical/logical-clusters.js'
import { withCustomResources } from '../../apiserver/logical/with-custom-resources.js'
import { createMetricsApi } from '../../apiserver/members/autoscaling/metrics-api.js'
import { PodMeasurements } from '../../apiserver/members/autoscaling/pod-measurements.js'
import { withMemberObjects } from '../../apiserver/members/member-base-layer.js'
import type { IssueSecretToken } from '../../apiserver/members/upkeep/service-account-secrets.js'
import type { PodAccess } from '../../apiserver/pod-access.js'
import type { Storage } from '../../apiserver/storage/contract.js'
import { openFileStorage } from '../../apiserver/storage/file-storage.js'
import { createRecordSeal, type SealKey } from '../../apiserver/storage/record-seal.js'
import { CodedError } from '../../base/errors.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { DataDirectory } from './data-directory.js'
import type { FleetAccess } from './fleet-access.js'
import type { FleetNetwork } from './fleet-network.js'
import type { FleetPki } from './fleet-pki.js'

/** As whom the hub's controllers come to members. */
export const hubUser: UserInfo = { name: 'flotilla:hub', groups: ['system:masters', 'system:authenticated'] }

/** Ten years: such a token ends with its Secret. */
const secretTokenSeconds = 315_360_000

/** The API servers of an embedded fleet: storage, logical clusters, and the front that serves them over TLS. */
export interface EmbeddedApi {
  readonly clusters: LogicalClusters
  /** What pods use, as metrics.k8s.io says it. */
  readonly measurements: PodMeasurements
  /** Serves a cluster (made on first use) at its port; port 0 is any that is free. */
  serve(name: string, address: { host: string; port: number }): Promise<{ port: number }>
  /** Serves a view to the users of a cluster, at an address of its own, until the end. */
  serveView(view: RequestView, cluster: string, address: { host: string; port: number }): Promise<{ port: number }>
  /** Serves a cluster over a stream whose other end is in this process. */
  accept(name: string, stream: Duplex): void
  /** Refuses connections to the cluster and ends those that there are, until it is served again. */
  refuse(name: string): Promise<void>
  /** Requests to the cluster wait so long before they are looked at. */
  delay(name: string, latencyMs: number): void
  /** Tokens for Secrets of service accounts. */
  readonly issueSecretToken: IssueSecretToken
  /** What new connections are shown. */
  /** More for /metrics of every cluster, in the text format of Prometheus. */
  setMetrics(metrics: () => string): void
  setCertificate(pair: KeyedCertificate): void
  stop(): Promise<void>
}

export function openEmbeddedApi(options: {
  directory: DataDirectory
  pki: FleetPki
  sync: boolean
  createdMs: number
  ports: ServerPorts
  network?: Pick<FleetNetwork, 'networkOf' | 'apiAddressOf'>
  /** Users with tokens of their own issuers, and where is written what they do. */
  access?: FleetAccess
  /** The URL under which a cluster is served: the issuer of its service accounts' tokens. */
  serverOf?: (cluster: string) => string | undefined
  /** Definitions that every cluster serves from the start. */
  customResources?: readonly KubeObject[]
  /** Plugins of our own, after the built-in ones. */
  admission?: readonly AdmissionPlugin[]
  /** Opens the way into the containers of pods. */
  openPods?: (clusters: LogicalClusters) => PodAccess
  /** How long slow clients are waited for; the usual where absent. */
  patience?: ApiFrontOptions['patience']
  watchLimits?: ApiFrontOptions['ports']['watchLimits']
}): EmbeddedApi {
  const { directory, pki, ports } = options
  const storage: Storage = openFileStorage({
    directory: directory.file('state'),
    sync: options.sync,
    log: ports.log,
    base: withCustomResources(
      withMemberObjects(createBootstrapLayer(options.createdMs), options.createdMs),
      options.customResources ?? [],
      options.createdMs,
    ),
    seal: createRecordSeal(sealKeysOf(pki.storageKey)),
  })
  const tokens = createServiceAccountTokens({
    keyPem: pki.tokenKeyPem,
    ...ports,
    ...(options.serverOf === undefined ? {} : { issuerOf: options.serverOf }),
  })
  const oidc = options.access?.oidc === undefined ? [] : [options.access.oidc]
  const staticTokens = createStaticTokenAuthenticator([{ token: pki.hubToken, user: hubUser }])
  const rbac = createRbac()
  const dynamic = createDynamicAdmission({ clock: ports.clock })
  let pods: PodAccess | undefined
  const measurements = new PodMeasurements(ports, (cluster, uid) => pods?.usage?.(cluster, uid))
  const clusters: LogicalClusters = createLogicalClusters({
    storage,
    ports,
    computed: createMetricsApi(measurements, ports),
    ...(options.network ? { networkOf: options.network.networkOf, apiAddressOf: options.network.apiAddressOf } : {}),
    ...createReviewPorts(rbac, tokens, [staticTokens, ...oidc]),
    webhooks: dynamic.webhooks,
    policies: dynamic.policies,
    askConversion: dynamic.askConversion,
    admission: [createEscalationPlugin(rbac, { get: (name) => clusters.get(name) }), ...(options.admission ?? [])],
  })
  rbac.follow(clusters)
  pods = options.openPods?.(clusters)
  const delays = new Map<string, number>()
  let moreMetrics = () => ''
  const front = createApiFront({
    clusters,
    moreMetrics: () => moreMetrics(),
    delayOf: (cluster) => delays.get(cluster) ?? 0,
    authenticators: [certificateAuthenticator, staticTokens, tokens, ...oidc],
    authorizer: rbac,
    fairness: createRequestFairness(clusters),
    ...(options.access?.audit === undefined ? {} : { audit: options.access.audit }),
    ...(options.access === undefined ? {} : { anonymous: options.access.anonymous }),
    issuerDocuments: (cluster) => tokens.issuerDocuments(cluster),
    tls: { certPem: pki.server.certPem, keyPem: pki.server.keyPem, clientCaPem: pki.caPem },
    ...(options.patience === undefined ? {} : { patience: options.patience }),
    ports: {
      ...ports,
      ...(pods === undefined ? {} : { pods }),
      ...(options.watchLimits === undefined ? {} : { watchLimits: options.watchLimits }),
    },
  })
  return {
    clusters,
    measurements,
    async serve(name, address) {
      await pki.saved
      await clusters.ensure(name)
      try {
        return await front.listen(name, address)
      } catch (error) {
        throw explainListenFailure(error, `the API of ${name}`, address)
      }
    },
    async serveView(view, cluster, address) {
      await pki.saved
      try {
        return await front.listenFor(view, cluster, address)
      } catch (error) {
        throw explainListenFailure(error, `the view ${view.name}`, address)
      }
    },
    accept: (name, stream) => front.accept(name, stream),
    refuse: (name) => front.unlisten(name),
    async issueSecretToken(cluster, { serviceAccount, secret }) {
      const boundObject = { kind: 'Secret', ...secret }
      return (await tokens.issue(cluster, { serviceAccount, boundObject, expirationSeconds: secretTokenSeconds })).token
    },
    delay(name, latencyMs) {
      if (latencyMs > 0) delays.set(name, latencyMs)
      else delays.delete(name)
    },
    setMetrics(metrics) {
      moreMetrics = metrics
    },
    setCertificate: (pair) => front.setCertificate(pair),
    async stop() {
      await front.close()
      dynamic.close()
      await storage.close()
    },
  }
}

/**
 * The keys of the file, newest first, one a line: a line that is put in front is the new key, and the old ones open what they
 * sealed. Keys are known by a digest, so that one that is missing is told from one that is damaged.
 */
function sealKeysOf(text: string): [SealKey, ...SealKey[]] {
  const keys: SealKey[] = text
    .trim()
    .split(/\s+/)
    .map((line) => {
      const secret = Buffer.from(line, 'base64url')
      return { id: createHash('sha256').update(secret).digest('base64url').slice(0, 12), secret }
    })
  const wrong = keys.findIndex(({ secret }) => secret.length !== 32)
  const [newest, ...older] = keys
  if (wrong < 0 && newest !== undefined) return [newest, ...older]
  throw new CodedError({
    code: 'storage-sealed',
    message: `pki/storage.key: line ${wrong + 1} is no key: ${keys[wrong]!.secret.length} bytes instead of 32`,
    fix: 'Each line is 32 bytes in base64url. Restore the file from the backup that the state directory comes from.',
  })
}

/** A port that is taken is for the user to free: say whose it was to be. */
export function explainListenFailure(error: unknown, what: string, { host, port }: { host: string; port: number }): unknown {
  const code = (error as { code?: unknown }).code
  if (code !== 'EADDRINUSE' && code !== 'EACCES') return error
  return new CodedError({
    code: 'port-in-use',
    message: `${what} cannot listen at ${host}:${port}: ${code === 'EACCES' ? 'not permitted' : 'another program does'}`,
    fix: 'This fleet keeps its ports, since kubeconfigs and cluster Secrets name them: stop the other program, or start another fleet with another --data-dir.',
    cause: error,
  })
}
