// Names that fit: what a C++ or Rust name can lose before its function's own name does.
//
//   std::vector<int, std::allocator<int> >::push_back(int const&)
//   std::vector<int, std::allocator<int> >::push_back
//   std::vector<…>::push_back
//   vector<…>::push_back
//   push_back

// Where the parameters start: at the first "(" outside of template brackets that is not
// "(anonymous namespace)", "operator()" or a Go receiver's ".(".
function parametersOf(name: string): number {
  let depth = 0;
  for (let i = 0; i < name.length; i++) {
    const c = name[i];
    if (c === "<" && !isOperator(name, i)) depth++;
    else if (c === ">" && depth > 0 && name[i - 1] !== "-") depth--;
    else if (c === "(" && depth === 0 && i > 0) {
      if (name.startsWith("(anonymous", i)) continue;
      if (name.endsWith("operator", i) || name.slice(0, i).endsWith("operator")) {
        i++;
        continue;
      }
      if (name[i - 1] === "." || name[i - 1] === ":" || name[i - 1] === "{" || name[i - 1] === "}") continue;
      return i;
    }
  }
  return -1;
}

// "operator<", "operator<<" and the like do not open a template.
function isOperator(name: string, at: number): boolean {
  const from = at > 0 && name[at - 1] === "<" ? at - 1 : at;
  return name.slice(Math.max(0, from - 8), from) === "operator";
}

function withoutTemplates(name: string): string {
  let out = "";
  let depth = 0;
  for (let i = 0; i < name.length; i++) {
    const c = name[i]!;
    if (c === "<" && i > 0 && !isOperator(name, i)) {
      if (depth++ === 0) out += "<…>";
    } else if (c === ">" && depth > 0 && name[i - 1] !== "-") {
      depth--;
    } else if (depth === 0) {
      out += c;
    }
  }
  return depth === 0 ? out : name;
}

// The pieces between "::" outside of brackets.
function pieces(name: string): string[] {
  const list: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i < name.length; i++) {
    const c = name[i];
    if (c === "<" || c === "(" || c === "{") depth++;
    else if ((c === ">" || c === ")" || c === "}") && depth > 0) depth--;
    else if (c === ":" && depth === 0 && name[i + 1] === ":") {
      list.push(name.slice(from, i));
      from = i + 2;
      i++;
    }
  }
  list.push(name.slice(from));
  return list.filter((piece) => piece !== "");
}

// The name and what it may be shortened to, the longest first.
export function variantsOf(name: string): string[] {
  const list = [name];
  const add = (text: string) => {
    if (text !== "" && text.length < list[list.length - 1]!.length) list.push(text);
  };
  const cut = parametersOf(name);
  if (cut > 0) add(name.slice(0, cut).trimEnd());
  const plain = withoutTemplates(list[list.length - 1]!);
  add(plain);
  if (plain.includes("::")) {
    const parts = pieces(plain);
    if (parts.length > 2) add(parts.slice(-2).join("::"));
    add(parts[parts.length - 1]!);
  } else if (/^[\w.-]+\/[^ ]*[a-z]$/i.test(plain)) {
    add(plain.slice(plain.lastIndexOf("/") + 1)); // Go: a package's path
  }
  return list;
}

// The namespace, package or class that a name starts with; nothing when it has none.
export function packageOf(name: string): string {
  const plain = withoutTemplates(name);
  const cut = plain.search(/[(<]/);
  const own = (cut > 0 ? plain.slice(0, cut) : plain).replace(/^.* (?=\S)/, "");
  const scope = own.lastIndexOf("::");
  if (scope > 0) return own.slice(0, own.indexOf("::"));
  const slash = own.lastIndexOf("/");
  if (slash > 0) return own.slice(0, slash);
  const dot = /^([A-Za-z_]\w*)\.[A-Za-z_]/.exec(own); // not of "finish_task.isra.0"
  return dot && !/\.(isra|part|constprop|cold|llvm)\b/.test(own) ? dot[1]! : "";
}

// "libc" of "/usr/lib/x86_64-linux-gnu/libc.so.6"; "kernel" of "[kernel.kallsyms]".
export function moduleLabel(path: string): string {
  if (path === "") return "unknown";
  if (/^\[+(kernel|guest\.kernel)/.test(path)) return "kernel";
  const file = path.slice(path.lastIndexOf("/") + 1) || path;
  return file.replace(/\.so(\.[\d.]+)?( \(deleted\))?$/, "").replace(/-\d[\d.]*$/, "");
}
