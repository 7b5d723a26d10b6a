/**
 * Variables by which a program loads code, runs another program or writes a file, and of the languages and tools that are
 * likely to stand behind a local command. Names count whatever their case: some programs read them in either.
 */
const loading: readonly RegExp[] = [
  // The dynamic linker and the C library.
  /^(LD|DYLD)_|^(GCONV_PATH|GLIBC_TUNABLES|LOCPATH|NLSPATH|HOSTALIASES|RES_OPTIONS|RESOLV_\w+|GCOV_\w+|LLVM_PROFILE_FILE)$|^MALLOC_/,
  // Shells.
  /^(BASH_|FPATH$|ENV$|SHELLOPTS$|BASHOPTS$|PS4$|IFS$|PATH$|CDPATH$|ZDOTDIR$|PROMPT_COMMAND$|SHELL$)/,
  // JavaScript.
  /^(NODE(?!_ENV$)|NPM|PNPM|YARN|COREPACK|TS_NODE|DENO|BUN|TSX|ELECTRON)_/,
  // Python, Ruby, Perl, PHP, Lua.
  /^(PYTHON|PERL|RUBY|GEM_|BUNDLE|PHP|LUA_|PIP_|UV_|POETRY_|CONDA_)|^(GUNICORN_CMD_ARGS|FLASK_APP|DJANGO_SETTINGS_MODULE|VIRTUAL_ENV|RACK_CONFIG)$/,
  // Java and what runs on it.
  /(^|_)JAVA_(TOOL_)?OPT(ION)?S$|^_JAVA_OPTIONS$|^(JAVA|CATALINA|GRADLE|MAVEN|MAVEN_BATCH|SBT|JRUBY|SCALA|KAFKA|ES_JAVA|JVM)_(OPTS|ARGS|OPTIONS|HOME)$|^(JDK|JAVA)_\w*OPTIONS$|^CLASSPATH$/,
  // .NET, Erlang, Elixir, Go, Rust, R, Julia, Tcl.
  /^(DOTNET_|COMPLUS_|CORECLR_|ASPNETCORE_HOSTINGSTARTUPASSEMBLIES|ERL_|ELIXIR_|MIX_|GO(DEBUG|FLAGS|ENV|ROOT|PATH|TOOLCHAIN)$|CARGO_|RUST(C|FLAGS|UP)|R_(PROFILE|ENVIRON|LIBS|HOME)|JULIA_|TCL)/,
  // Tools that run other programs, or are configured by a file that may name some.
  /^(GIT_|SSH_ASKPASS|SUDO_ASKPASS|MAKEFLAGS$|GNUMAKEFLAGS$|EDITOR$|VISUAL$|PAGER$|MANPAGER$|LESSOPEN$|LESSCLOSE$|BROWSER$|KUBECONFIG$|XDG_\w+_(HOME|DIRS)$|AWS_(SHARED_CREDENTIALS|CONFIG)_FILE$|PGSERVICEFILE$|PGSYSCONFDIR$|CURL_HOME$|WGETRC$)/,
  // TLS.
  /^(OPENSSL_|SSLKEYLOGFILE$)/,
]

export function changesWhatIsLoaded(name: string): boolean {
  const upper = name.toUpperCase()
  return loading.some((pattern) => pattern.test(upper))
}
