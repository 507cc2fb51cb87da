using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Edge.Store.Native;

/// <summary>
/// Where a run under JIT finds the C libraries that the native binary has linked in. <c>libc</c> resolves to the main
/// program, so that calls pass through a preloaded shim as they do in the native binary.
/// </summary>
internal static class NativeLibraries
{
#pragma warning disable CA2255 // One place, before any call: the native binary never asks it.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Register() => NativeLibrary.SetDllImportResolver(typeof(NativeLibraries).Assembly, Resolve);

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) => name switch
    {
        "libc" => NativeLibrary.GetMainProgramHandle(),
        "e_sqlite3" => NativeLibrary.Load("libsqlite3.so.0"),
        "lz4" => NativeLibrary.Load("liblz4.so.1"),
        _ => 0,
    };
}
