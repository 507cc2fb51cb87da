using System.IO.Pipelines;
using Edge.Core.Errors;
using Edge.Core.Threads;
using Edge.Engine.Content;
using Edge.Engine.Transcoding;
using Edge.Store.Index;

namespace Edge.Engine.Archives;

/// <summary>Archives of resources: ZIP with folders, or media with a DICOMDIR, written while they are read.</summary>
/// <param name="index">Which instances, and where their files are.</param>
/// <param name="files">Where they are read.</param>
/// <param name="transcoder">Brings them to another transfer syntax.</param>
/// <param name="crew">The threads that compress: those that decode, which give way to ingest.</param>
/// <param name="ahead">Parts of a mebibyte at most that are read and compressed ahead of the one that is sent.</param>
public sealed class ArchiveBuilder(IResourceIndex index, InstanceFiles files, Transcoder transcoder, ThreadCrew crew, int ahead)
{
    /// <summary>Looks up what goes into an archive.</summary>
    /// <exception cref="EdgeException">UnknownResource; ParameterOutOfRange for an unknown transfer syntax.</exception>
    public async ValueTask<PlannedArchive> PlanAsync(ArchiveRequest request, CancellationToken cancellation = default)
    {
        TranscodingRequest? target = request.TransferSyntax is { } uid ? TranscodingRequest.To(uid, request.LossyQuality) : null;
        return new PlannedArchive(request, target, await index.ReadAsync(request, ArchivePlan.Make, cancellation).ConfigureAwait(false));
    }

    /// <summary>Writes an archive. What fails before its end leaves half an archive, which must not be taken for a whole one.</summary>
    /// <param name="archive">What goes into it.</param>
    /// <param name="output">Where it goes.</param>
    /// <param name="progress">Told of each instance: how many bytes its file has.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="EdgeException">A stored file is damaged.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or nobody reads it any more.</exception>
    public async ValueTask WriteAsync(PlannedArchive archive, PipeWriter output, Action<long>? progress, CancellationToken cancellation)
    {
        DicomDirectory? directory = archive.Request.IsMedia ? new DicomDirectory(archive.Request.IsExtended) : null;
        ZipWriter zip = new(output, crew, ahead, TimeProvider.System.GetLocalNow().DateTime);
        await zip.WriteAsync(
            archive.Files.Select(file => new StoredMember(file, index, files, transcoder, archive.Target, directory is not null) { Name = file.Path }),
            member =>
            {
                StoredMember stored = (StoredMember)member;
                if (stored.Header is { } header)
                {
                    directory?.Add(stored.Name.Replace('/', '\\'), header, stored.TransferSyntaxUid);
                }

                progress?.Invoke(stored.Length);
            },
            cancellation).ConfigureAwait(false);
        if (directory is not null)
        {
            await zip.WriteAsync([new MemoryMember(directory.ToArray()) { Name = "DICOMDIR" }], null, cancellation).ConfigureAwait(false);
        }

        await zip.CloseAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Writes an archive of one member that <paramref name="write"/> makes.</summary>
    public async ValueTask WriteSingleAsync(string name, Func<PipeWriter, CancellationToken, ValueTask> write, PipeWriter output, CancellationToken cancellation)
    {
        ZipWriter zip = new(output, crew, ahead, TimeProvider.System.GetLocalNow().DateTime);
        await zip.WriteStreamedAsync(name, write, cancellation).ConfigureAwait(false);
        await zip.CloseAsync(cancellation).ConfigureAwait(false);
    }
}

/// <summary>An archive whose content is known.</summary>
public sealed class PlannedArchive
{
    internal PlannedArchive(ArchiveRequest request, TranscodingRequest? target, List<PlannedFile> files) => (Request, Target, Files) = (request, target, files);

    public ArchiveRequest Request { get; }

    /// <summary>The instances that go into it, as long as nobody deletes them.</summary>
    public int Count => Files.Count;

    internal TranscodingRequest? Target { get; }

    internal List<PlannedFile> Files { get; }
}
