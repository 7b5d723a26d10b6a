import { defineCheck, type Finding } from '../../contract.js'
import type { KubeDocument } from '../../model/document.js'
import type { FleetModel } from '../../model/fleet-model.js'
import type { Spot } from '../../model/spot.js'
import { type CertificateFacts, decodeBase64Text, readCertificates } from '../../x509/read-certificate.js'

/** Secrets that hold the authority of a mesh: names, with the keys of the root and of what signs. */
const authorities = [
  { tool: 'istio', name: 'cacerts', root: 'root-cert.pem', signer: 'ca-cert.pem' },
  { tool: 'cilium', name: 'cilium-ca', root: 'ca.crt', signer: 'ca.crt' },
  { tool: 'linkerd', name: 'linkerd-identity-issuer', root: 'ca.crt', signer: 'tls.crt' },
] as const

export const meshRootDiffers = defineCheck({
  id: 'mesh-root-differs',
  topic: 'network',
  severity: 'error',
  title: 'Clusters of a mesh do not trust each other’s certificates',
  why: 'Mutual TLS works where both sides know the root of the other’s certificate. Clusters with roots of their own see each other as strangers: connections are refused in the handshake, with messages that name neither the cluster nor the root. An intermediate that the root has not signed, or that may not sign, does the same to all workloads of its cluster.',
  evidence: ['istio/istio#52356', 'cilium/cilium#39838', 'cilium/cilium#43099', 'linkerd/linkerd2#11668'],
  fix: 'Give every cluster an intermediate of one root, with the same root beside it.',
  *run(model) {
    for (const authority of authorities) {
      const roots: Root[] = authority.tool === 'linkerd' ? anchorsOfValues(model) : []
      for (const secret of model.kinds('', 'Secret')) {
        if (secret.name !== authority.name) continue
        const root = certificatesOf(secret, authority.root)?.[0]
        const [signer] = certificatesOf(secret, authority.signer) ?? []
        if (root !== undefined) roots.push({ cluster: secret.cluster, at: spotOf(secret, authority.root), root })
        if (root !== undefined && signer !== undefined) yield* pair(secret, authority, root, signer)
      }
      yield* compare(model, authority.tool, roots)
    }
  },
})

interface Root {
  readonly cluster: string | undefined
  readonly at: Spot
  readonly root: CertificateFacts
}

/** Linkerd is given its anchors as values; of several the first, which the others are added to when it is renewed. */
function anchorsOfValues(model: FleetModel): Root[] {
  return model.values('linkerd').flatMap((values) => {
    const root = readCertificates(values.text('identityTrustAnchorsPEM') ?? '')?.[0]
    return root === undefined ? [] : [{ cluster: values.cluster, at: values.at('identityTrustAnchorsPEM'), root }]
  })
}

function* pair(
  secret: KubeDocument,
  { root: rootKey, signer: signerKey }: (typeof authorities)[number],
  root: CertificateFacts,
  signer: CertificateFacts,
): Iterable<Finding> {
  const at = spotOf(secret, signerKey)
  if (!signer.isAuthority || signer.signsCertificates === false)
    yield { message: `${signerKey} of ${secret.subject} may not sign certificates`, at: [at] }
  if (signer.der === root.der) return
  const wrongKey = signer.authorityKeyId !== '' && root.subjectKeyId !== '' && signer.authorityKeyId !== root.subjectKeyId
  // Chains of several intermediates are judged by their last one, which is not told apart here.
  if (signer.issuer !== root.subject && !hasChain(secret))
    yield { message: `${signerKey} of ${secret.subject} was not signed by ${rootKey}`, at: [at, spotOf(secret, rootKey)] }
  else if (signer.issuer === root.subject && wrongKey)
    yield {
      message: `${signerKey} of ${secret.subject} was signed by another key than that of ${rootKey}, which has the same name`,
      at: [at, spotOf(secret, rootKey)],
    }
}

function* compare(model: FleetModel, tool: 'istio' | 'cilium' | 'linkerd', roots: readonly Root[]): Iterable<Finding> {
  for (const mesh of model.meshes(tool)) {
    const here = roots.filter(({ cluster }) => cluster !== undefined && mesh.includes(model.cluster(cluster)?.name ?? cluster))
    const [first, ...others] = here
    for (const other of others) {
      if (other.root.der === first!.root.der) continue
      if (other.root.subjectKeyId !== '' && other.root.subjectKeyId === first!.root.subjectKeyId) continue
      yield {
        message: `the root of ${other.cluster} is not that of ${first!.cluster}`,
        at: [other.at, first!.at],
      }
    }
  }
}

function certificatesOf(secret: KubeDocument, key: string): readonly CertificateFacts[] | undefined {
  const plain = secret.text('stringData', key)
  const coded = secret.text('data', key)
  const text = plain ?? (coded === undefined ? undefined : decodeBase64Text(coded))
  return text === undefined ? undefined : readCertificates(text)
}

function hasChain(secret: KubeDocument): boolean {
  return (certificatesOf(secret, 'cert-chain.pem')?.length ?? 0) > 1
}

function spotOf(secret: KubeDocument, key: string) {
  return secret.has('stringData', key) ? secret.atKey('stringData', key) : secret.atKey('data', key)
}
