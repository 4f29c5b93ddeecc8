/** `name=value` of the command line. */
export function parseFlags(settings: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    settings.map((setting) => {
      const [name = '', ...value] = setting.split('=')
      return [name, value.join('=')]
    }),
  )
}
