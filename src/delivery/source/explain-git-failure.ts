import { type CodedError, messageOf, Stalled, Waiting } from '../../base/errors.js'
import type { RepositoryAdvice } from './contract.js'
import { redactUrl } from './git-url.js'
import { GitFailed } from './run-git.js'

/** Says what a failed ls-remote or fetch means and who must act: credentials and names need a person, networks need time. */
export function explainGitFailure(url: string, error: unknown, advice: RepositoryAdvice): CodedError {
  if (!(error instanceof GitFailed)) {
    return new Waiting({ code: 'repository-unreadable', message: `${redactUrl(url)}: ${messageOf(error)}`, cause: error })
  }
  const where = redactUrl(url)
  const said = lastLine(error.text)
  if (!error.timedOut) {
    if (/does not start/.test(error.text))
      return new Stalled({
        code: 'git-missing',
        message: `${where} cannot be read: ${said}`,
        fix: 'Install git on the machine of the hub',
      })
    if (
      /authentication failed|could not read username|could not read password|permission denied|access denied|invalid username or password|\b40[13]\b|host key verification failed|terminal prompts disabled/i.test(
        error.text,
      )
    )
      return new Stalled({
        code: 'repository-authentication',
        message: `authentication required for repository ${where}: ${said}`,
        fix: advice.authentication(where),
      })
    if (
      /repository not found|repository '.*' not found|does not appear to be a git repository|\b404\b|not a git repository|no such file or directory|does not exist/i.test(
        error.text,
      )
    )
      return new Stalled({
        code: 'repository-not-found',
        message: `repository not found: ${where}: ${said}`,
        fix: advice.notFound,
      })
    if (/certificate|SSL/i.test(error.text))
      return new Stalled({
        code: 'repository-certificate',
        message: `the certificate of ${where} is not trusted: ${said}`,
        fix: advice.certificate,
      })
  }
  return new Waiting({ code: 'repository-unreachable', message: `repository ${where} does not answer: ${said}` })
}

function lastLine(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => redactUrl(line.trim()).replace(/(https?:\/\/)[^/@\s']*@/g, '$1'))
    .filter((line) => line !== '' && !line.startsWith('hint:'))
  return (lines.find((line) => /^(fatal|error|ERROR|remote):/.test(line)) ?? lines.at(-1) ?? '').slice(0, 300)
}
