using Edge.Core.Errors;
using Edge.Store.Format;
using Edge.Store.Native;

namespace Edge.Store.Files;

/// <summary>A file being written that becomes durable as a whole or is removed.</summary>
internal sealed class DurableFile : IRandomTarget, IDisposable
{
    private readonly Folder _folder;
    private readonly string _path;
    private int _descriptor;
    private bool _kept;

    private DurableFile(Guid uuid, Folder folder, string path, int descriptor)
    {
        Uuid = uuid;
        _folder = folder;
        _path = path;
        _descriptor = descriptor;
    }

    public Guid Uuid { get; }

    /// <summary>Creates the next file of the sequence.</summary>
    public static DurableFile Create(FolderSequence folders)
    {
        (Guid uuid, Folder folder) = folders.Next();
        try
        {
            string path = $"{folder.Path}/{uuid:D}";
            int descriptor = Posix.Open(path, Posix.WriteOnly | Posix.Create | Posix.Exclusive);
            Failpoint.Hit("file.created");
            return new DurableFile(uuid, folder, path, descriptor);
        }
        catch
        {
            folder.Release();
            throw;
        }
    }

    public void Write(long offset, ReadOnlySpan<byte> bytes) => Posix.Write(_descriptor, bytes, offset);

    /// <summary>Syncs the bytes, then the name. Only after it may the file be acknowledged.</summary>
    public void Keep(bool sync)
    {
        Failpoint.Hit("file.written");
        if (sync)
        {
            Posix.Sync(_descriptor);
            Failpoint.Hit("file.synced");
        }

        Close();
        if (sync)
        {
            _folder.Sync();
            Failpoint.Hit("file.folder-synced");
        }

        _kept = true;
    }

    public void Dispose()
    {
        Close();
        if (!_kept)
        {
            try
            {
                File.Delete(_path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The disk that refused the write refuses this too; recovery will find the file without a row.
            }
        }

        _folder.Release();
    }

    private void Close()
    {
        int open = _descriptor;
        _descriptor = -1;
        if (open >= 0)
        {
            Posix.Close(open);
        }
    }
}
