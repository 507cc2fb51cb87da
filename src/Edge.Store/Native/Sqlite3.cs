using System.Runtime.InteropServices;

namespace Edge.Store.Native;

/// <summary>SQLite's C interface, as far as it is used. Pointers are plain: <see cref="Sqlite.Connection"/> and <see cref="Sqlite.Statement"/> own them.</summary>
internal static unsafe partial class Sqlite3
{
    public const int Ok = 0;
    public const int Row = 100;
    public const int Done = 101;
    public const int OpenReadOnly = 1;
    public const int OpenReadWrite = 2;
    public const int OpenCreate = 4;
    public const int OpenNoMutex = 0x8000;
    public const int TypeNull = 5;
    public const int PreparePersistent = 1;
    public const int CheckpointPassive = 0;
    public const int CheckpointTruncate = 3;

    /// <summary>SQLite copies the bytes bound.</summary>
    public static readonly nint Transient = -1;

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_open_v2", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, out nint database, int flags, nint vfs);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_close_v2")]
    public static partial int Close(nint database);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_prepare_v3")]
    public static partial int Prepare(nint database, byte* sql, int length, uint flags, out nint statement, out byte* tail);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_step")]
    public static partial int Step(nint statement);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_reset")]
    public static partial int Reset(nint statement);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_finalize")]
    public static partial int Finish(nint statement);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_bind_int64")]
    [SuppressGCTransition]
    public static partial int BindInteger(nint statement, int index, long value);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_bind_null")]
    [SuppressGCTransition]
    public static partial int BindNull(nint statement, int index);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_bind_text")]
    public static partial int BindText(nint statement, int index, byte* text, int bytes, nint destructor);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_bind_blob")]
    public static partial int BindBlob(nint statement, int index, byte* blob, int bytes, nint destructor);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_column_type")]
    [SuppressGCTransition]
    public static partial int ColumnType(nint statement, int column);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_column_int64")]
    [SuppressGCTransition]
    public static partial long ColumnInteger(nint statement, int column);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_column_blob")]
    public static partial byte* ColumnBlob(nint statement, int column);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_column_bytes")]
    [SuppressGCTransition]
    public static partial int ColumnBytes(nint statement, int column);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_changes")]
    public static partial int Changes(nint database);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_last_insert_rowid")]
    public static partial long LastInsertRowId(nint database);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_get_autocommit")]
    public static partial int GetAutocommit(nint database);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_extended_errcode")]
    public static partial int ExtendedErrorCode(nint database);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_errmsg")]
    public static partial byte* ErrorMessage(nint database);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_busy_timeout")]
    public static partial int BusyTimeout(nint database, int milliseconds);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_progress_handler")]
    public static partial void ProgressHandler(nint database, int instructions, delegate* unmanaged[Cdecl]<nint, int> handler, nint state);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_wal_hook")]
    public static partial nint WalHook(nint database, delegate* unmanaged[Cdecl]<nint, nint, nint, int, int> hook, nint state);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_wal_checkpoint_v2")]
    public static partial int Checkpoint(nint database, nint name, int mode, out int frames, out int done);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_libversion")]
    public static partial byte* LibraryVersion();
}
