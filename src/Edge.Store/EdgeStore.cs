using Edge.Core.Errors;
using Edge.Store.Files;
using Edge.Store.Index;
using Edge.Store.Schema;
using Edge.Store.Sqlite;
using Edge.Core.Threads;

namespace Edge.Store;

/// <summary>
/// Everything durable, opened together: the index, the files, recovery between them. One process at a time has a
/// folder open. Opening is quick; recovery of an unclean stop runs in the background (<see cref="Recovered"/>).
/// </summary>
public sealed class EdgeStore : IAsyncDisposable
{
    private readonly SqliteIndex _index;
    private readonly FileArea _files;
    private readonly ThreadCrew _crew;
    private readonly FileStream _lock;
    private readonly CancellationTokenSource _stop = new();
    private int _closed;

    private EdgeStore(SqliteIndex index, FileArea files, ThreadCrew crew, FileStream held, Func<CancellationToken, Task<RecoveryReport>> recover)
    {
        (_index, _files, _crew, _lock) = (index, files, crew, held);
        Recovered = Task.Run(() => recover(_stop.Token));
    }

    public IResourceIndex Index => _index;

    public IAttachmentArea Files => _files;

    /// <summary>When the index writer last turned, a <see cref="System.Diagnostics.Stopwatch"/> time: for the watchdog. An idle writer turns every second.</summary>
    public long WriterHeartbeat => _index.WriterHeartbeat;

    /// <summary>The version of the SQLite library in use.</summary>
    public static string SqliteVersion => Connection.LibraryVersion;

    /// <summary>Completes when the files of an unclean last run have been examined and the index has passed its quick check; cancelled if the store is closed before.</summary>
    public Task<RecoveryReport> Recovered { get; }

    /// <summary>Opens or creates a store. Blocks for as long as SQLite takes to open; call it at start.</summary>
    /// <exception cref="EdgeException"><c>IncompatibleDatabaseVersion</c>: written by a newer version; <c>Database</c>: damaged;
    /// <c>SqliteCannotOpen</c>, <c>CannotWriteFile</c>: folder at fault; <c>DatabaseUnavailable</c>: in use by another process.</exception>
    public static EdgeStore Open(StoreOptions options) => Open(options, IndexSchema.Migrations);

    internal static EdgeStore Open(StoreOptions options, IReadOnlyList<string> migrations)
    {
        AreaLayout layout = new(options.StorageDirectory);
        AreaLayout.EnsureFolder(layout.Root);
        string indexFolder = Path.GetFullPath(options.IndexDirectory ?? options.StorageDirectory);
        AreaLayout.EnsureFolder(indexFolder);
        FileStream held = Lock(indexFolder);
        Connection? writer = null;
        ThreadCrew? crew = null;
        try
        {
            HashSet<ushort>? unclean = FolderSequence.ReadJournal(layout);
            string path = Path.Combine(indexFolder, IndexFile.Name);
            if (!options.Rebuilds && !File.Exists(path) && layout.Files().Any())
            {
                throw new EdgeException(ErrorCode.Database,
                    $"The index {path} is missing, but the storage area holds files: restore a backup of the index, or rebuild it with 'edge-dicom reindex'");
            }

            writer = IndexFile.OpenWriter(path, options.WriterCacheBytes, migrations);
            crew = new ThreadCrew("files", options.FileThreads);
            SpaceReserve reserve = new(indexFolder, options.Log);
            FileArea files = new(layout, crew, reserve, options.SyncStorageArea, unclean ?? [], options.Log);
            ReaderPool readers = new(path, options.ReaderThreads, options.ReaderCacheBytes, options.QueryTimeout);
            SqliteIndex index = new(path, writer, readers, files, reserve, options.Log, options.ReadOnly);
            string[] leftOver = Directory.Exists(layout.Incoming) ? Directory.GetFiles(layout.Incoming) : [];
            Recovery recovery = new(layout, index, files, crew, leftOver, options.Log);
            return new EdgeStore(index, files, crew, held, cancellation => recovery.RunAsync(options.Rebuilds ? null : unclean, cancellation));
        }
        catch
        {
            writer?.Dispose();
            crew?.Dispose();
            held.Dispose();
            throw;
        }
    }

    /// <summary>Completes when the files of everything deleted so far have been removed.</summary>
    public Task DrainRemovalsAsync() => _index.DrainRemovalsAsync();

    /// <summary>Finishes what waits and closes. A second call does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
        {
            return;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await ((Task)Recovered).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _index.DisposeAsync().ConfigureAwait(false);
        await _files.DisposeAsync().ConfigureAwait(false);
        await Task.Run(_crew.Dispose).ConfigureAwait(false);
        if (Recovered.IsCompletedSuccessfully)
        {
            _files.Folders.RemoveJournal();
        }

        await _lock.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private static FileStream Lock(string folder)
    {
        try
        {
            return new FileStream(Path.Combine(folder, "edge.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new EdgeException(ErrorCode.CannotWriteFile, $"The folder {folder} cannot be written to", e);
        }
        catch (IOException e)
        {
            ErrorCode code = AreaLayout.IsFull(e) ? ErrorCode.FullStorage : (e.HResult & 0xFFFF) == 30 ? ErrorCode.CannotWriteFile : ErrorCode.DatabaseUnavailable;
            throw new EdgeException(code, $"The folder {folder} is in use by another process, or cannot be locked: {e.Message}", e);
        }
    }
}

/// <summary>What recovery found.</summary>
/// <param name="WasUnclean">The last run did not end in order.</param>
/// <param name="Examined">Files of that run.</param>
/// <param name="Moved">Those without a row, moved to <c>lost+found</c>.</param>
/// <param name="IndexProblems">What the check of the index found.</param>
public sealed record RecoveryReport(bool WasUnclean, long Examined, long Moved, IReadOnlyList<string> IndexProblems);
