import type { Part } from './part.js'

const dex = `issuer: https://dex.example.com
storage: {type: memory}
web:
  http: 0.0.0.0:5556
connectors:
  - type: oidc
    id: corp
    config:
      issuer: https://login.example.com
      clientSecret: $CORP_SECRET
      scopes: [openid, groups]
      insecureEnableGroups: true
staticClients:
  - id: kubernetes
    secretEnv: CLIENT_SECRET
    redirectURIs: [https://argocd.example.com/auth/callback]
`

const apiServer = `apiVersion: v1
kind: Pod
metadata: {name: kube-apiserver, namespace: kube-system}
spec:
  containers:
    - name: kube-apiserver
      image: registry.k8s.io/kube-apiserver:v1.33.0
      command: [kube-apiserver, --oidc-issuer-url=https://dex.example.com]
`

const kubeconfig = (name: string) => `apiVersion: v1
kind: Config
clusters:
  - {name: ${name}, cluster: {server: "https://${name}.example.com"}}
users:
  - {name: ${name}-admin, user: {token: token-${name}}}
contexts:
  - {name: ${name}, context: {cluster: ${name}, user: ${name}-admin}}
current-context: ${name}
`

export const accessPart: Part = {
  name: 'access',
  texts: {
    'dex/dex.yaml': dex,
    'dex/kube-apiserver.yaml': apiServer,
    'kube/first.yaml': kubeconfig('first'),
    'kube/second.yaml': kubeconfig('second'),
    'kube/merge.sh': 'KUBECONFIG=a:b kubectl config view --flatten > merged.yaml\n',
  },
  faults: [
    { check: 'dex-groups-from-google', in: /dex\.yaml/, from: 'https://login.example.com', to: 'https://accounts.google.com' },
    { check: 'dex-groups-dropped', in: /dex\.yaml/, from: '      insecureEnableGroups: true\n', to: '' },
    { check: 'dex-without-listener', in: /dex\.yaml/, from: 'web:\n  http: 0.0.0.0:5556\n', to: '' },
    { check: 'dex-secret-not-expanded', in: /dex\.yaml/, from: 'secretEnv: CLIENT_SECRET', to: 'secret: $CLIENT_SECRET' },
    { check: 'dex-argo-cd-callback', in: /dex\.yaml/, from: '/auth/callback', to: '/api/dex/callback' },
    { check: 'dex-issuer-mismatch', in: /apiserver/, from: 'url=https://dex.example.com', to: 'url=https://dex.example.com/' },
    { check: 'kubeconfig-overwritten', in: /merge/, from: '> merged.yaml', to: '> ~/.kube/config' },
    {
      check: 'kubeconfig-name-clash',
      in: /first/,
      from: 'first-admin',
      to: 'second-admin',
      and: { from: 'first-admin', to: 'second-admin' },
    },
    { check: 'removed-flag', in: /apiserver/, from: '--oidc-issuer-url', to: '--cloud-provider=external, --oidc-issuer-url' },
  ],
}

/** One kubeconfig alone, which has all that its contexts name. */
export const kubeconfigPart: Part = {
  name: 'kubeconfig',
  texts: { 'kubeconfig/fleet.yaml': kubeconfig('ops') },
  faults: [
    { check: 'kubeconfig-dangling', in: /fleet/, from: 'cluster: ops, user', to: 'cluster: osp, user' },
    { check: 'kubeconfig-dangling', in: /fleet/, from: 'user: ops-admin}', to: 'user: ops-root}' },
    { check: 'kubeconfig-dangling', in: /fleet/, from: 'current-context: ops', to: 'current-context: fleet' },
  ],
}
