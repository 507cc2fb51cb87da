using System.Runtime.InteropServices;

namespace Edge.Engine.Scripting;

/// <summary>The C shim <c>src/native/edgelua.c</c>: linked statically into the product, a shared library under JIT.</summary>
internal static unsafe partial class LuaNative
{
    /// <summary>Statuses of the shim.</summary>
    public const int Done = 0;
    public const int Failed = 1;
    public const int OutOfMemory = 2;
    public const int Busy = 3;

    private const string Library = "edgelua";

    [LibraryImport(Library, EntryPoint = "edgelua_open")]
    public static partial nint Open(nint host, delegate* unmanaged[Cdecl]<nint, int, byte*, nuint, int> call, delegate* unmanaged[Cdecl]<nint, byte*, nuint, int> print, nuint memory, int sandbox);

    [LibraryImport(Library, EntryPoint = "edgelua_close")]
    public static partial void Close(nint lua);

    [LibraryImport(Library, EntryPoint = "edgelua_register")]
    public static partial int Register(nint lua, byte* name, int id);

    [LibraryImport(Library, EntryPoint = "edgelua_run")]
    public static partial int Run(nint lua, byte* name, byte* code, nuint length, ulong steps, ulong milliseconds);

    [LibraryImport(Library, EntryPoint = "edgelua_invoke")]
    public static partial int Invoke(nint lua, byte* name, byte* arguments, nuint length, ulong steps, ulong milliseconds);

    [LibraryImport(Library, EntryPoint = "edgelua_has")]
    public static partial int Has(nint lua, byte* name);

    [LibraryImport(Library, EntryPoint = "edgelua_result")]
    public static partial byte* Result(nint lua, nuint* length);

    [LibraryImport(Library, EntryPoint = "edgelua_traceback")]
    public static partial byte* Traceback(nint lua, nuint* length);

    [LibraryImport(Library, EntryPoint = "edgelua_reply")]
    public static partial int Reply(nint lua, byte* bytes, nuint length);

    [LibraryImport(Library, EntryPoint = "edgelua_memory")]
    public static partial nuint Memory(nint lua);

    [LibraryImport(Library, EntryPoint = "edgelua_time_left")]
    public static partial long TimeLeft(nint lua);
}
