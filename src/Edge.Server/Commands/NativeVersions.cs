using System.Runtime.InteropServices;

namespace Edge.Server.Commands;

/// <summary>Asks the C libraries in the binary for their versions.</summary>
public static partial class NativeVersions
{
    /// <summary>SQLite, LZ4 and Lua; who links more adds to the list.</summary>
    public static IReadOnlyList<LinkedLibrary> All { get; } =
    [
        new("SQLite", static () => Marshal.PtrToStringUTF8(SqliteVersion())!),
        new("LZ4", static () => Marshal.PtrToStringUTF8(Lz4Version())!),
        new("Lua", static () => Marshal.PtrToStringUTF8(LuaRelease())!["Lua ".Length..]),
    ];

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_libversion")]
    private static partial nint SqliteVersion();

    [LibraryImport("lz4", EntryPoint = "LZ4_versionString")]
    private static partial nint Lz4Version();

    [LibraryImport("edgelua", EntryPoint = "edgelua_release")]
    private static partial nint LuaRelease();
}
