import { SyntaxProblem } from './syntax.js'

const levels: readonly (readonly string[])[] = [['||'], ['&&'], ['==', '!='], ['<=', '>=', '<', '>'], ['+', '-'], ['*', '/', '%']]

/** The value of `$((...))`: whole numbers, names, parentheses and the usual operators. */
export function evaluateArithmetic(text: string, variable: (name: string) => string): number {
  const tokens = text.match(/\d+|[A-Za-z_]\w*|\|\||&&|[=!<>]=|[-+*/%<>()!]|\S/g) ?? []
  let at = 0
  let depth = 0
  const primary = (): number => {
    const token = tokens[at++]
    if (token === undefined) throw new SyntaxProblem('arithmetic syntax error')
    if (++depth > 200) throw new SyntaxProblem('arithmetic: too deep')
    try {
      if (token === '-') return -primary()
      if (token === '+') return primary()
      if (token === '!') return primary() === 0 ? 1 : 0
      if (token === '(') {
        const value = level(0)
        if (tokens[at++] !== ')') throw new SyntaxProblem('arithmetic syntax error')
        return value
      }
      if (/^\d/.test(token)) return Number(token)
      if (/^[A-Za-z_]/.test(token)) return Math.trunc(Number(variable(token))) || 0
      throw new SyntaxProblem('arithmetic syntax error')
    } finally {
      depth--
    }
  }
  const level = (index: number): number => {
    const operators = levels[index]
    if (operators === undefined) return primary()
    let left = level(index + 1)
    for (let operator = tokens[at]; operator !== undefined && operators.includes(operator); operator = tokens[at]) {
      at++
      left = apply(operator, left, level(index + 1))
    }
    return left
  }
  const value = level(0)
  if (at < tokens.length) throw new SyntaxProblem('arithmetic syntax error')
  return value
}

function apply(operator: string, left: number, right: number): number {
  if ((operator === '/' || operator === '%') && right === 0) throw new SyntaxProblem('divide by zero')
  const truth = (value: boolean) => (value ? 1 : 0)
  switch (operator) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      return Math.trunc(left / right)
    case '%':
      return left % right
    case '==':
      return truth(left === right)
    case '!=':
      return truth(left !== right)
    case '<':
      return truth(left < right)
    case '>':
      return truth(left > right)
    case '<=':
      return truth(left <= right)
    case '>=':
      return truth(left >= right)
    case '&&':
      return truth(left !== 0 && right !== 0)
    default:
      return truth(left !== 0 || right !== 0)
  }
}
