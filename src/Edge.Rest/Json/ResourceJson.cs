using System.Globalization;
using System.Text.Json;
using Edge.Core.Ids;
using Edge.Dicom;
using Edge.Dicom.Json;
using Edge.Engine;
using Edge.Engine.Query;
using Edge.Store.Files;
using Edge.Store.Index;

namespace Edge.Rest.Json;

/// <summary>Writes the description of a resource as Orthanc does, keys in alphabetical order.</summary>
public static class ResourceJson
{
    /// <summary>Requested tags and main tags are never cut.</summary>
    private static readonly OrthancJsonOptions Uncut = new() { MaximumLength = 0 };

    /// <param name="content">What to write; the resource must have been expanded for it.</param>
    /// <param name="requested">The requested tags; null where none were asked for.</param>
    public static void Write(Utf8JsonWriter writer, EdgeEngine engine, ExpandedResource resource, ResponseContent content, TagFormat format, DataSet? requested)
    {
        ResourceRow row = resource.Row;
        PackedMetadata metadata = row.Metadata;
        writer.WriteStartObject();
        if (content.HasFlag(ResponseContent.Details))
        {
            WriteMetadata(writer, "AnonymizedFrom"u8, metadata, MetadataType.AnonymizedFrom);
        }

        if (content.HasFlag(ResponseContent.Attachments))
        {
            WriteAttachments(writer, resource.Attachments ?? []);
        }

        bool status = content.HasFlag(ResponseContent.Status);
        if (row.Level == ResourceLevel.Series && status)
        {
            WriteNumberOrNull(writer, "ExpectedNumberOfInstances"u8, metadata.Get(MetadataType.ExpectedNumberOfInstances));
        }

        if (row.Level == ResourceLevel.Instance && content.HasFlag(ResponseContent.Details) && FindFile(resource) is { } file)
        {
            writer.WriteNumber("FileSize"u8, file.PlainSize);
            writer.WriteString("FileUuid"u8, file.Uuid);
        }

        writer.WriteString("ID"u8, row.PublicId);
        if (row.Level == ResourceLevel.Instance && content.HasFlag(ResponseContent.Details))
        {
            WriteNumberOrNull(writer, "IndexInSeries"u8, metadata.Get(MetadataType.IndexInSeries));
        }

        WriteChildren(writer, resource, ResourceLevel.Series, content);
        if (row.Level == ResourceLevel.Patient && content.HasFlag(ResponseContent.IsProtected))
        {
            writer.WriteBoolean("IsProtected"u8, resource.IsProtected);
        }

        if (row.Level != ResourceLevel.Instance && content.HasFlag(ResponseContent.IsStable))
        {
            writer.WriteBoolean("IsStable"u8, engine.Stability.IsStable(row.PublicId));
        }

        if (content.HasFlag(ResponseContent.Labels))
        {
            writer.WriteStartArray("Labels"u8);
            foreach (string label in resource.Labels ?? [])
            {
                writer.WriteStringValue(label);
            }

            writer.WriteEndArray();
        }

        if (row.Level != ResourceLevel.Instance && content.HasFlag(ResponseContent.Details))
        {
            WriteMetadata(writer, "LastUpdate"u8, metadata, MetadataType.LastUpdate);
        }

        if (content.HasFlag(ResponseContent.MainDicomTags))
        {
            writer.WritePropertyName("MainDicomTags"u8);
            TagListJson.Write(writer, row.Tags, format);
        }

        if (content.HasFlag(ResponseContent.Metadata))
        {
            WriteAllMetadata(writer, engine, metadata);
        }

        if (content.HasFlag(ResponseContent.Details))
        {
            WriteMetadata(writer, "ModifiedFrom"u8, metadata, MetadataType.ModifiedFrom);
        }

        if (content.HasFlag(ResponseContent.Parent) && resource.ParentPublicId is { } parent)
        {
            writer.WriteString(ParentKey(row.Level), parent);
        }

        if (row.Level == ResourceLevel.Study && content.HasFlag(ResponseContent.MainDicomTags))
        {
            writer.WritePropertyName("PatientMainDicomTags"u8);
            TagListJson.Write(writer, row.PatientTags, format);
        }

        if (requested is not null)
        {
            writer.WritePropertyName("RequestedTags"u8);
            OrthancTagsJson.Write(writer, requested, format, Uncut);
        }

        WriteChildren(writer, resource, ResourceLevel.Study, content);
        if (row.Level == ResourceLevel.Series && status)
        {
            writer.WriteString("Status"u8, SeriesStatus.Of(metadata.Get(MetadataType.ExpectedNumberOfInstances), resource.InstanceIndexes ?? []));
        }

        WriteChildren(writer, resource, ResourceLevel.Patient, content);
        writer.WriteString("Type"u8, TypeName(row.Level));
        writer.WriteEndObject();
    }

    /// <summary>The word for a level in JSON: <c>Patient</c>, <c>Study</c>, <c>Series</c>, <c>Instance</c>.</summary>
    public static string TypeName(ResourceLevel level) => level switch
    {
        ResourceLevel.Patient => "Patient",
        ResourceLevel.Study => "Study",
        ResourceLevel.Series => "Series",
        _ => "Instance",
    };

    /// <summary>The path of a resource: <c>/studies/{id}</c>.</summary>
    public static string Path(ResourceLevel level, string publicId) => Folder(level) + publicId;

    /// <summary>The same into memory of the caller. False: it is too small.</summary>
    public static bool TryPath(ResourceLevel level, string publicId, Span<char> path, out int length) => path.TryWrite($"{Folder(level)}{publicId}", out length);

    private static string Folder(ResourceLevel level) => level switch
    {
        ResourceLevel.Patient => "/patients/",
        ResourceLevel.Study => "/studies/",
        ResourceLevel.Series => "/series/",
        _ => "/instances/",
    };

    /// <summary>The object of all metadata, by name.</summary>
    private static void WriteAllMetadata(Utf8JsonWriter writer, EdgeEngine engine, PackedMetadata metadata)
    {
        SortedDictionary<string, string> sorted = new(StringComparer.Ordinal);
        foreach (PackedMetadata.Entry entry in metadata)
        {
            sorted[engine.Names.MetadataName(entry.Type)] = System.Text.Encoding.UTF8.GetString(entry.Utf8);
        }

        writer.WriteStartObject("Metadata"u8);
        foreach ((string name, string value) in sorted)
        {
            writer.WriteString(name, value);
        }

        writer.WriteEndObject();
    }

    private static void WriteAttachments(Utf8JsonWriter writer, List<AttachmentRow> attachments)
    {
        writer.WriteStartArray("Attachments"u8);
        foreach (AttachmentRow attachment in attachments)
        {
            AttachmentJson.WriteInfo(writer, attachment.File);
        }

        writer.WriteEndArray();
    }

    private static void WriteChildren(Utf8JsonWriter writer, ExpandedResource resource, ResourceLevel level, ResponseContent content)
    {
        if (resource.Row.Level != level || !content.HasFlag(ResponseContent.Children))
        {
            return;
        }

        writer.WriteStartArray(level switch
        {
            ResourceLevel.Patient => "Studies"u8,
            ResourceLevel.Study => "Series"u8,
            _ => "Instances"u8,
        });
        foreach (string child in resource.Children ?? [])
        {
            writer.WriteStringValue(child);
        }

        writer.WriteEndArray();
    }

    private static ReadOnlySpan<byte> ParentKey(ResourceLevel level) => level switch
    {
        ResourceLevel.Study => "ParentPatient"u8,
        ResourceLevel.Series => "ParentStudy"u8,
        _ => "ParentSeries"u8,
    };

    private static AttachmentRecord? FindFile(ExpandedResource resource)
    {
        foreach (AttachmentRow attachment in resource.Attachments ?? [])
        {
            if (attachment.File.Type == AttachmentType.Dicom)
            {
                return attachment.File;
            }
        }

        return null;
    }

    private static void WriteMetadata(Utf8JsonWriter writer, ReadOnlySpan<byte> key, PackedMetadata metadata, int type)
    {
        if (metadata.TryGetUtf8(type, out ReadOnlySpan<byte> value, out _))
        {
            writer.WriteString(key, value);
        }
    }

    private static void WriteNumberOrNull(Utf8JsonWriter writer, ReadOnlySpan<byte> key, string? text)
    {
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number))
        {
            writer.WriteNumber(key, number);
        }
        else
        {
            writer.WriteNull(key);
        }
    }
}
