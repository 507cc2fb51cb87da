using Edge.Core.Ids;
using Edge.Core.Options;
using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Engine.Content;
using Edge.Store.Index;

namespace Edge.Engine.Query;

/// <summary>The tags that a client asks for beside the main tags (<c>requested-tags</c>).</summary>
public sealed class RequestedTags
{
    private const string Online = "ONLINE";
    private readonly DicomTag[] _tags;

    public RequestedTags(IEnumerable<DicomTag> tags) => _tags = [.. tags.Distinct()];

    /// <summary>The tags asked for, each once.</summary>
    public IReadOnlyList<DicomTag> Tags => _tags;

    public bool IsEmpty => _tags.Length == 0;

    /// <summary>What must be fetched from the index for resources of <paramref name="level"/>.</summary>
    public ExpandParts PartsFor(ResourceLevel level)
    {
        ExpandParts parts = IsEmpty || level == ResourceLevel.Patient ? ExpandParts.None : ExpandParts.Ancestors;
        foreach (DicomTag tag in _tags)
        {
            parts |= ComputedParts(level, tag);
        }

        return parts;
    }

    /// <summary>
    /// Answers the tags of one resource: its own main tags, those above it, computed ones, then the file of one of its instances.
    /// </summary>
    /// <param name="fromFile">Whether a file may be opened for what the index lacks.</param>
    /// <returns>A data set of the values found; what is found nowhere is not in it.</returns>
    public async ValueTask<DataSet> AnswerAsync(ExpandedResource resource, IResourceIndex index, InstanceFiles files, bool fromFile, CancellationToken cancellation)
    {
        DataSet answer = new() { DefaultEncoding = Dicom.Text.OrthancEncoding.Utf8 };
        List<DicomTag>? missing = null;
        foreach (DicomTag tag in _tags)
        {
            string? value = FromIndex(resource, tag) ?? Computed(resource, tag);
            if (value is not null)
            {
                answer.SetString(tag, value, TextVr(tag));
            }
            else
            {
                (missing ??= []).Add(tag);
            }
        }

        if (missing is not null && fromFile && await ReadFileAsync(resource.Row.Id, index, files, cancellation).ConfigureAwait(false) is { } file)
        {
            // The items of a sequence lose the character set of their file with their file.
            if (missing.Exists(tag => file.DataSet.Find(tag) is { IsSequence: true }))
            {
                file.DataSet.ChangeCharacterSet(Dicom.Text.SpecificCharacterSet.Utf8);
            }

            foreach (DicomTag tag in missing)
            {
                if (file.DataSet.Find(tag) is not { } element)
                {
                    continue;
                }

                if (element.IsSequence || file.DataSet.GetString(tag) is not { } text)
                {
                    answer.Set(element);
                }
                else
                {
                    answer.SetString(tag, text, TextVr(tag));
                }
            }
        }

        return answer;
    }

    /// <summary>The header of one instance below a resource; null where no file is stored.</summary>
    public static async ValueTask<DicomFile?> ReadFileAsync(long resourceId, IResourceIndex index, InstanceFiles files, CancellationToken cancellation)
    {
        StoredInstance? instance = await index.ReadAsync(
            resourceId,
            static (reader, id) => reader.FirstInstance(id) is { } row ? new StoredInstance(row, reader.Attachment(row.Id, Store.Files.AttachmentType.Dicom)) : null,
            cancellation).ConfigureAwait(false);
        return instance?.File is null ? null : await files.ReadHeaderAsync(instance, cancellation).ConfigureAwait(false);
    }

    /// <summary>A computed tag of the resource's own level; null for every other tag.</summary>
    public static string? Computed(ExpandedResource resource, DicomTag tag) => (resource.Row.Level, tag.Value) switch
    {
        (ResourceLevel.Patient, 0x00201200) => Text(resource.Counts.Studies),
        (ResourceLevel.Patient, 0x00201202) => Text(resource.Counts.Series),
        (ResourceLevel.Patient, 0x00201204) => Text(resource.Counts.Instances),
        (ResourceLevel.Study, 0x00080061) => string.Join('\\', resource.Modalities ?? []),
        (ResourceLevel.Study, 0x00080062) => string.Join('\\', resource.SopClasses ?? []),
        (ResourceLevel.Study, 0x00201206) => Text(resource.Counts.Series),
        (ResourceLevel.Study, 0x00201208) => Text(resource.Counts.Instances),
        (ResourceLevel.Series, 0x00201209) => Text(resource.Counts.Instances),
        (ResourceLevel.Instance, 0x00080056) => Online,
        _ => null,
    };

    /// <summary>What the index must fetch so that a tag can be computed.</summary>
    public static ExpandParts ComputedParts(ResourceLevel level, DicomTag tag) => (level, tag.Value) switch
    {
        (ResourceLevel.Patient, 0x00201200 or 0x00201202 or 0x00201204) => ExpandParts.Counts,
        (ResourceLevel.Study, 0x00201206 or 0x00201208) => ExpandParts.Counts,
        (ResourceLevel.Series, 0x00201209) => ExpandParts.Counts,
        (ResourceLevel.Study, 0x00080061) => ExpandParts.Modalities,
        (ResourceLevel.Study, 0x00080062) => ExpandParts.SopClasses,
        _ => ExpandParts.None,
    };

    private static string? FromIndex(ExpandedResource resource, DicomTag tag)
    {
        if (resource.Row.Tags.Get(tag.Value) is { } own)
        {
            return own;
        }

        foreach (ResourceRow ancestor in resource.Ancestors ?? [])
        {
            if (ancestor.Tags.Get(tag.Value) is { } value)
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>Values come as text: numbers keep the form in which Orthanc writes them.</summary>
    private static Vr TextVr(DicomTag tag)
    {
        Vr vr = DicomDictionary.VrOf(tag, null, out _);
        return VrInfo.IsText(vr) ? vr : Vr.LT;
    }

    private static string Text(long number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
