import { defineCheck } from '../../contract.js'

export const dexIssuerMismatch = defineCheck({
  id: 'dex-issuer-mismatch',
  topic: 'access',
  severity: 'error',
  title: 'An API server trusts another spelling of the issuer than Dex signs with',
  why: 'The claim `iss` of a token has to equal the configured issuer to the letter. One slash more, or http for https, and every token is refused with `oidc: id token issued by a different provider`.',
  evidence: ['OpenID Connect Core 1.0, 3.1.3.7', 'kubernetes: apiserver/plugin/pkg/authenticator/token/oidc'],
  fix: 'Write the issuer of the Dex configuration into the API server, to the letter.',
  *run(model) {
    const issuers = model.dexConfigs.flatMap((dex) => {
      const issuer = dex.text('issuer')
      return issuer === undefined ? [] : [{ issuer, at: dex.at('issuer') }]
    })
    if (issuers.length === 0) return
    const near = (text: string) =>
      text
        .replace(/^https?:\/\//, '')
        .replace(/\/+$/, '')
        .toLowerCase()
    const trusted = [
      ...model.containersOf('kube-apiserver').flatMap((container) => {
        const flag = container.argument('oidc-issuer-url')
        return flag === undefined ? [] : [{ value: flag.value, at: flag.view.at() }]
      }),
      ...model.kinds('apiserver.config.k8s.io', 'AuthenticationConfiguration').flatMap((object) =>
        object.items('jwt').flatMap((jwt) => {
          const value = jwt.text('issuer', 'url')
          return value === undefined ? [] : [{ value, at: jwt.at('issuer', 'url') }]
        }),
      ),
      ...['KubeadmControlPlane', 'KubeadmControlPlaneTemplate', 'ClusterConfiguration'].flatMap((kind) =>
        [...model.kinds('controlplane.cluster.x-k8s.io', kind), ...model.kinds('kubeadm.k8s.io', kind)].flatMap((object) => {
          const path =
            kind === 'ClusterConfiguration'
              ? ['apiServer', 'extraArgs']
              : ['spec', 'kubeadmConfigSpec', 'clusterConfiguration', 'apiServer', 'extraArgs']
          const value = object.text(...path, 'oidc-issuer-url')
          return value === undefined ? [] : [{ value, at: object.at(...path, 'oidc-issuer-url') }]
        }),
      ),
    ]
    for (const { value, at } of trusted) {
      if (issuers.some(({ issuer }) => issuer === value)) continue
      const meant = issuers.find(({ issuer }) => near(issuer) === near(value))
      if (meant !== undefined)
        yield { message: `the API server trusts ${value}, Dex signs as ${meant.issuer}`, at: [at, meant.at] }
    }
  },
})
