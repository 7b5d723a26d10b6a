import type { RepositoryAdvice } from '../../../delivery/source/contract.js'

/** How to make a repository readable with what Argo CD reads: repository Secrets and its ConfigMap of certificates. */
export const argoRepositoryAdvice: RepositoryAdvice = {
  authentication: (url) =>
    `Add a Secret with the label argocd.argoproj.io/secret-type: repository (url ${url}) and valid credentials`,
  notFound: 'Correct repoURL; a private repository may also need credentials',
  certificate:
    'Add its certificate authority to the hub (Argo CD: ConfigMap argocd-tls-certs-cm), or set insecure: "true" in the repository Secret',
}
