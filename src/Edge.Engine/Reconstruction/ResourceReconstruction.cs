using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Core.Logging;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Edge.Engine.Content;
using Edge.Engine.Ingest;
using Edge.Dicom;
using Edge.Store.Files;
using Edge.Store.Index;

namespace Edge.Engine.Reconstruction;

/// <summary>What to build again.</summary>
/// <param name="Files">Also bring the files into the form that the options ask for today.</param>
/// <param name="ThisLevelOnly">Only the main tags of the resource itself, from one of its instances.</param>
public readonly record struct ReconstructionScope(bool Files, bool ThisLevelOnly);

/// <summary>
/// Builds main tags and the metadata that follow from files again, from the files: after a change of <c>ExtraMainDicomTags</c>,
/// or of the storage form. Metadata of users stay, no change is logged.
/// </summary>
public sealed class ResourceReconstruction(
    IResourceIndex index, HeaderReading reading, StoredHeaders headers, RecordBuilder records, FileRenewal renewal, MainTags mainTags)
{
    /// <summary>So many instances are committed together.</summary>
    private const int BatchSize = 100;

    private const int StudiesPerPage = 200;

    /// <summary>Builds a resource again, with all above and below it. Of several instances the last decides what their parents show.</summary>
    /// <exception cref="EdgeException">UnknownResource; a file that cannot be read.</exception>
    public async ValueTask RunAsync(ResourceLevel level, string publicId, ReconstructionScope scope, CancellationToken cancellation = default)
    {
        List<ResourceRow> instances = await reading.InstancesAsync(level, publicId, cancellation).ConfigureAwait(false);
        if (scope.ThisLevelOnly && instances.Count > 1 && !scope.Files)
        {
            instances.RemoveRange(1, instances.Count - 1);
        }

        Dictionary<string, ReconstructRecord> batch = new(StringComparer.Ordinal);
        for (int i = 0; i < instances.Count; i++)
        {
            await AddAsync(batch, instances[i].PublicId, scope.ThisLevelOnly ? level : null, scope.Files, cancellation).ConfigureAwait(false);
            if (i % BatchSize == BatchSize - 1 || i == instances.Count - 1)
            {
                await index.ReconstructAsync([.. batch.Values], cancellation).ConfigureAwait(false);
                batch.Clear();
            }
        }
    }

    /// <summary>Builds every study again. A study that fails is logged, and the others go on.</summary>
    /// <exception cref="EdgeException">CorruptedFile, at the end, where some failed.</exception>
    public async ValueTask RunAllAsync(ReconstructionScope scope, CancellationToken cancellation = default)
    {
        long after = 0;
        int failed = 0;
        while (true)
        {
            List<ResourceRow> studies = await index.ReadAsync(after, static (reader, from) => reader.ListAfter(ResourceLevel.Study, from, StudiesPerPage), cancellation).ConfigureAwait(false);
            foreach (ResourceRow study in studies)
            {
                try
                {
                    await RunAsync(ResourceLevel.Study, study.PublicId, scope, cancellation).ConfigureAwait(false);
                }
                catch (EdgeException e) when (e.Code != ErrorCode.UnknownResource)
                {
                    failed++;
                    Log.Generic.Error($"study {study.PublicId} cannot be reconstructed", e);
                }
                catch (EdgeException)
                {
                    Log.Generic.Info($"study {study.PublicId} was deleted before it could be reconstructed");
                }
            }

            if (studies.Count < StudiesPerPage)
            {
                break;
            }

            after = studies[^1].Id;
        }

        if (failed > 0)
        {
            throw new EdgeException(ErrorCode.CorruptedFile, $"{failed} studies could not be reconstructed, see the log");
        }
    }

    private async ValueTask AddAsync(Dictionary<string, ReconstructRecord> batch, string instance, ResourceLevel? only, bool renew, CancellationToken cancellation)
    {
        if (await ReadAsync(instance, cancellation).ConfigureAwait(false) is not { } found)
        {
            return;
        }

        if (renew)
        {
            await renewal.RenewAsync(found.Instance, cancellation).ConfigureAwait(false);
            if (await ReadAsync(instance, cancellation).ConfigureAwait(false) is not { } renewed)
            {
                return;
            }

            found = renewed;
        }

        HeaderScan scan = await headers.ScanAsync(found.Instance.RequireFile().File, cancellation).ConfigureAwait(false);
        foreach (ResourceRow row in (IEnumerable<ResourceRow>)[found.Instance.Row, .. found.Ancestors])
        {
            if (only is null || only == row.Level)
            {
                batch[row.PublicId] = Record(scan, row);
            }
        }
    }

    /// <summary>An instance and what it belongs to; null where the index alone is kept (StoreDicom off), or the instance is gone.</summary>
    private ValueTask<(StoredInstance Instance, List<ResourceRow> Ancestors)?> ReadAsync(string instance, CancellationToken cancellation) => index.ReadAsync(
        instance,
        static (reader, id) => reader.Find(id, ResourceLevel.Instance) is { } row && reader.Attachment(row.Id, AttachmentType.Dicom) is { } file
            ? (new StoredInstance(row, file), (List<ResourceRow>)[.. Ancestors(reader, row.Id)])
            : ((StoredInstance, List<ResourceRow>)?)null,
        cancellation);

    private static IEnumerable<ResourceRow> Ancestors(IIndexReader reader, long instance)
    {
        for (ResourceLevel level = ResourceLevel.Series; level >= ResourceLevel.Patient; level--)
        {
            if (reader.Ancestor(instance, level) is { } row)
            {
                yield return row;
            }
        }
    }

    private ReconstructRecord Record(HeaderScan scan, ResourceRow row)
    {
        (List<MainTag> tags, string? sequences) = records.TagsOf(scan, row.Level);
        List<MetadataValue> metadata = [new(MetadataType.MainDicomTagsSignature, mainTags.Signature(row.Level))];
        if (sequences is not null)
        {
            metadata.Add(new MetadataValue(MetadataType.MainDicomSequences, sequences));
        }

        if (row.Level == ResourceLevel.Instance)
        {
            metadata.Add(new MetadataValue(MetadataType.TransferSyntax, scan.TransferSyntax.Uid));
            if (scan.GetString(DicomTags.SOPClassUID) is { Length: > 0 } sopClass)
            {
                metadata.Add(new MetadataValue(MetadataType.SopClassUid, sopClass));
            }
        }

        // What is as it was keeps its revision.
        metadata.RemoveAll(value => row.Metadata.Get(value.Type) == value.Value);
        IReadOnlyList<MainTag>? patientTags = row.Level == ResourceLevel.Study ? records.TagsOf(scan, ResourceLevel.Patient).Tags : null;
        return new ReconstructRecord(row.PublicId, row.Level, tags, patientTags, metadata);
    }
}
