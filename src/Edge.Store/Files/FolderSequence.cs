using System.Buffers.Binary;
using System.Security.Cryptography;
using Edge.Core.Errors;
using Edge.Store.Native;

namespace Edge.Store.Files;

/// <summary>
/// Hands out names. Consecutive files share a folder, which is made, made durable and noted in the run journal before its
/// first use, so that one folder's fsync serves many files and recovery knows where to look.
/// </summary>
internal sealed class FolderSequence : IDisposable
{
    private const int FilesPerFolder = 512;

    private readonly AreaLayout _layout;
    private readonly bool _sync;
    private readonly IReadOnlySet<ushort> _avoid;
    private readonly List<ushort> _mine = [];
    private readonly Lock _gate = new();
    private ushort _number;
    private int _used = FilesPerFolder;
    private Folder? _current;
    private uint _counter;

    /// <param name="avoid">Folders that recovery is still looking through.</param>
    public FolderSequence(AreaLayout layout, bool sync, IReadOnlySet<ushort> avoid)
    {
        _avoid = avoid;
        _layout = layout;
        _sync = sync;

        // Random as a name is, without the crypto library, which an idle server has no need of.
        _number = BinaryPrimitives.ReadUInt16LittleEndian(Guid.NewGuid().ToByteArray());
    }

    /// <summary>The next name and its folder; release the folder when the file is durable.</summary>
    public (Guid Uuid, Folder Folder) Next()
    {
        lock (_gate)
        {
            if (_used >= FilesPerFolder)
            {
                Advance();
            }

            _used++;
            _current!.AddReference();
            return (Name(), _current);
        }
    }

    /// <summary>Reads the folders of a run that did not end in order; null: it did.</summary>
    public static HashSet<ushort>? ReadJournal(AreaLayout layout)
    {
        if (!File.Exists(layout.Journal))
        {
            return null;
        }

        HashSet<ushort> folders = [];
        foreach (string line in File.ReadLines(layout.Journal))
        {
            // A torn last line names a folder that was never used.
            if (line.Length == 4 && ushort.TryParse(line, System.Globalization.NumberStyles.HexNumber, null, out ushort number))
            {
                folders.Add(number);
            }
        }

        return folders;
    }

    /// <summary>After recovery: only the folders of this run remain noted.</summary>
    public void RewriteJournal()
    {
        lock (_gate)
        {
            string fresh = _layout.Journal + ".new";
            File.Delete(fresh);
            int journal = Posix.Open(fresh, Posix.WriteOnly | Posix.Create);
            try
            {
                long at = 0;
                foreach (ushort number in _mine)
                {
                    Posix.Write(journal, System.Text.Encoding.ASCII.GetBytes($"{number:x4}\n"), at);
                    at += 5;
                }

                Posix.Sync(journal);
            }
            finally
            {
                Posix.Close(journal);
            }

            File.Move(fresh, _layout.Journal, overwrite: true);
            Posix.SyncFolder(_layout.Root);
        }
    }

    /// <summary>An orderly end: every file has its row.</summary>
    public void RemoveJournal()
    {
        lock (_gate)
        {
            File.Delete(_layout.Journal);
            Posix.SyncFolder(_layout.Root);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _current?.Release();
            _current = null;
            _used = FilesPerFolder;
        }
    }

    private void Advance()
    {
        ushort number = (ushort)(_number + 1);
        while (_avoid.Contains(number))
        {
            number++;
        }

        string path = _layout.FolderOf(number);
        AreaLayout.EnsureFolder(path);
        Note(number);
        _mine.Add(number);
        Folder next = new(path, Posix.Open(path, Posix.ReadOnly | Posix.Directory));
        _current?.Release();
        _current = next;
        _number = number;
        _used = 0;
    }

    private void Note(ushort number)
    {
        int journal = Posix.Open(_layout.Journal, Posix.WriteOnly | Posix.Create);
        try
        {
            long end = new FileInfo(_layout.Journal).Length;
            Posix.Write(journal, System.Text.Encoding.ASCII.GetBytes($"{number:x4}\n"), end);
            if (_sync)
            {
                Posix.Sync(journal);
            }
        }
        finally
        {
            Posix.Close(journal);
        }

        if (_sync)
        {
            Posix.SyncFolder(_layout.Root);
        }
    }

    /// <summary>Folder number, milliseconds, counter, random: version 8 of RFC 9562.</summary>
    private Guid Name()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes[8..]);
        BinaryPrimitives.WriteUInt16BigEndian(bytes, _number);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[2..], (uint)(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() >> 10));
        BinaryPrimitives.WriteUInt16BigEndian(bytes[6..], (ushort)(0x8000 | (++_counter & 0x0FFF)));
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }
}

/// <summary>An open folder, closed when the last file in flight has been synced.</summary>
internal sealed class Folder(string path, int descriptor)
{
    private readonly object _gate = new();
    private int _references = 1;
    private long _asked;
    private long _done;
    private long _failed;
    private bool _running;

    public string Path { get; } = path;

    public void AddReference() => Interlocked.Increment(ref _references);

    public void Release()
    {
        if (Interlocked.Decrement(ref _references) == 0)
        {
            Posix.Close(descriptor);
        }
    }

    /// <summary>Makes the names inside durable. Who asks while a sync runs shares the next one with all others who do.</summary>
    public void Sync()
    {
        long mine;
        lock (_gate)
        {
            mine = ++_asked;
            while (_running)
            {
                Monitor.Wait(_gate);
                if (_failed >= mine)
                {
                    // The kernel tells a failure once: who waited would be told success.
                    throw new EdgeException(ErrorCode.CannotWriteFile, "A folder of the storage area could not be made durable");
                }

                if (_done >= mine)
                {
                    return;
                }
            }

            _running = true;
            mine = _asked;
        }

        bool synced = false;
        try
        {
            Posix.Sync(descriptor);
            synced = true;
        }
        finally
        {
            lock (_gate)
            {
                _running = false;
                _done = synced ? mine : _done;
                _failed = synced ? _failed : _asked;
                Monitor.PulseAll(_gate);
            }
        }
    }
}
