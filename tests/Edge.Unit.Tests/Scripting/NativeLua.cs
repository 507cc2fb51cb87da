using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Edge.Engine.Scripting;

namespace Edge.Unit.Tests.Scripting;

/// <summary>Under JIT the shim is the shared library that build.sh makes in <c>artifacts/native</c>.</summary>
internal static class NativeLua
{
#pragma warning disable CA2255 // the resolver must stand before the first test of any class
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Install() => NativeLibrary.SetDllImportResolver(typeof(LuaContext).Assembly, Resolve);

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != "edgelua")
        {
            return 0;
        }

        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string file = Path.Combine(folder.FullName, "artifacts", "native", "libedgelua.so");
            if (File.Exists(file))
            {
                return NativeLibrary.Load(file);
            }
        }

        throw new DllNotFoundException("artifacts/native/libedgelua.so is missing: run ./build.sh publish once");
    }
}
