using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Edge.Core.Errors;
using Edge.Store.Native;

namespace Edge.Store.Sqlite;

/// <summary>One SQLite connection, used by one thread at a time, with its prepared statements.</summary>
internal sealed unsafe class Connection : IDisposable
{
    /// <summary>SQLite instructions between two looks at the clock.</summary>
    private const int InstructionsPerCheck = 20_000;

    private readonly Dictionary<string, Statement> _statements = new(StringComparer.Ordinal);
    private GCHandle _self;
    private long _deadline;

    private Connection(nint handle)
    {
        Handle = handle;
    }

    public nint Handle { get; private set; }

    public static string LibraryVersion => Marshal.PtrToStringUTF8((nint)Sqlite3.LibraryVersion()) ?? "";

    public long LastInsertRowId => Sqlite3.LastInsertRowId(Handle);

    /// <summary>Rows that the last statement inserted, updated or deleted.</summary>
    public int Changes => Sqlite3.Changes(Handle);

    public bool InTransaction => Sqlite3.GetAutocommit(Handle) == 0;

    public static Connection Open(string path, bool readOnly, bool create, int cacheBytes)
    {
        int flags = Sqlite3.OpenNoMutex | (readOnly ? Sqlite3.OpenReadOnly : Sqlite3.OpenReadWrite) | (create ? Sqlite3.OpenCreate : 0);
        int result = Sqlite3.Open(path, out nint handle, flags, 0);
        Connection connection = new(handle);
        try
        {
            if (result != Sqlite3.Ok)
            {
                throw SqliteFailure.From(handle, result);
            }

            Sqlite3.BusyTimeout(handle, 5000);
            connection.Run($"PRAGMA cache_size=-{cacheBytes >> 10}");
            connection.Run("PRAGMA temp_store=MEMORY");
            connection.Run("PRAGMA foreign_keys=OFF");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>A statement kept for the life of the connection. Dispose what it returns to reset it.</summary>
    public Statement Prepare(string sql)
    {
        if (!_statements.TryGetValue(sql, out Statement? statement))
        {
            statement = new Statement(this, sql);
            _statements.Add(sql, statement);
        }

        return statement;
    }

    /// <summary>Runs SQL without parameters, of several statements too.</summary>
    public void Run(string sql)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(sql);
        fixed (byte* start = utf8)
        {
            byte* at = start;
            byte* end = start + utf8.Length;
            while (at < end)
            {
                Check(Sqlite3.Prepare(Handle, at, (int)(end - at), 0, out nint statement, out byte* tail));
                at = tail;
                if (statement == 0)
                {
                    continue;
                }

                int result;
                do
                {
                    result = Sqlite3.Step(statement);
                }
                while (result == Sqlite3.Row);

                int error = result == Sqlite3.Done ? Sqlite3.Ok : Sqlite3.ExtendedErrorCode(Handle);
                Exception? failure = error == Sqlite3.Ok ? null : SqliteFailure.From(Handle, error);
                _ = Sqlite3.Finish(statement);
                if (failure is not null)
                {
                    throw failure;
                }
            }
        }
    }

    /// <summary>The first column of the first row as an integer, <paramref name="otherwise"/> if there is none.</summary>
    public long Scalar(string sql, long otherwise = 0)
    {
        using Statement statement = Prepare(sql);
        return statement.Step() ? statement.Integer(0) : otherwise;
    }

    /// <summary>From now on statements fail with <c>Timeout</c> after <paramref name="time"/>; null: no bound.</summary>
    public void Bound(TimeSpan? time)
    {
        if (_deadline == 0)
        {
            Sqlite3.ProgressHandler(Handle, InstructionsPerCheck, &OnProgress, Self());
        }

        _deadline = time is { } span ? Stopwatch.GetTimestamp() + (long)(span.TotalSeconds * Stopwatch.Frequency) : long.MaxValue;
    }

    /// <summary>Frames in the write-ahead log after the last commit; counted once <see cref="WatchLog"/> was called.</summary>
    public int LogFrames { get; private set; }

    /// <summary>Counts the frames of the log, and leaves copying them into the index to the caller (<see cref="Checkpoint"/>).</summary>
    public void WatchLog() => Sqlite3.WalHook(Handle, &OnCommit, Self());

    /// <summary>For loops outside SQLite: throws when the time of <see cref="Bound"/> is over.</summary>
    public void CheckTime()
    {
        if (_deadline != 0 && Stopwatch.GetTimestamp() > _deadline)
        {
            throw new EdgeException(ErrorCode.Timeout, "A query took too long");
        }
    }

    /// <summary>Copies frames of the log into the index as far as no reader needs them; returns the frames left in the log.</summary>
    public int Checkpoint(bool truncate)
    {
        int result = Sqlite3.Checkpoint(Handle, 0, truncate ? Sqlite3.CheckpointTruncate : Sqlite3.CheckpointPassive, out int frames, out int done);
        if (result is Sqlite3.Ok or 5 or 6)
        {
            return Math.Max(0, frames - done);
        }

        throw SqliteFailure.From(Handle, result);
    }

    public void Dispose()
    {
        foreach (Statement statement in _statements.Values)
        {
            statement.Finish();
        }

        _statements.Clear();
        if (Handle != 0)
        {
            _ = Sqlite3.Close(Handle);
            Handle = 0;
        }

        if (_self.IsAllocated)
        {
            _self.Free();
        }
    }

    internal void Check(int result)
    {
        if (result != Sqlite3.Ok)
        {
            throw SqliteFailure.From(Handle, Sqlite3.ExtendedErrorCode(Handle));
        }
    }

    private nint Self()
    {
        if (!_self.IsAllocated)
        {
            _self = GCHandle.Alloc(this);
        }

        return GCHandle.ToIntPtr(_self);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnCommit(nint state, nint database, nint name, int frames)
    {
        if (GCHandle.FromIntPtr(state).Target is Connection connection)
        {
            connection.LogFrames = frames;
        }

        return Sqlite3.Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnProgress(nint state) =>
        GCHandle.FromIntPtr(state).Target is Connection connection && Stopwatch.GetTimestamp() > connection._deadline ? 1 : 0;
}

/// <summary>A failure of SQLite in the product's terms.</summary>
internal static class SqliteFailure
{
    public static unsafe EdgeException From(nint handle, int extended)
    {
        string message = Marshal.PtrToStringUTF8((nint)Sqlite3.ErrorMessage(handle)) ?? "";
        (ErrorCode code, string text) = (extended & 0xFF) switch
        {
            5 or 6 => (ErrorCode.DatabaseUnavailable, "The index is in use by another process"),
            7 => (ErrorCode.NotEnoughMemory, "The index ran out of memory"),
            8 => (ErrorCode.CannotWriteFile, "The index is read-only"),
            9 => (ErrorCode.Timeout, "A query took too long"),
            10 => (ErrorCode.CannotWriteFile, "The disk of the index fails"),
            11 or 26 => (ErrorCode.Database, "The index is damaged"),
            13 => (ErrorCode.FullStorage, "The disk of the index is full"),
            14 => (ErrorCode.SqliteCannotOpen, "The index cannot be opened"),
            _ => (ErrorCode.Database, "The index refused a statement"),
        };
        return new EdgeException(code, $"{text} (SQLite {extended}: {message})");
    }
}
