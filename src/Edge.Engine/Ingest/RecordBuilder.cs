using System.Globalization;
using System.Text;
using System.Text.Json;
using Edge.Core.Ids;
using Edge.Core.Logging;
using Edge.Core.Time;
using Edge.Dicom;
using Edge.Dicom.Json;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Edge.Engine.Content;
using Edge.Engine.Runtime;
using Edge.Store.Index;

namespace Edge.Engine.Ingest;

/// <summary>Makes the row set of one instance from its scanned header: main tags and metadata of the four levels.</summary>
public sealed class RecordBuilder(MainTags mainTags, RuntimeSettings settings)
{
    public InstanceRecord Build(IngestItem item, bool overwrite, StorageLimits limits)
    {
        OrthancIdentifiers ids = item.Identifiers!;
        return new InstanceRecord
        {
            Patient = Level(item, ResourceLevel.Patient, ids.Patient),
            Study = Level(item, ResourceLevel.Study, ids.Study),
            Series = Level(item, ResourceLevel.Series, ids.Series, SeriesMetadata(item)),
            Instance = Level(item, ResourceLevel.Instance, ids.Instance, InstanceMetadata(item)),
            Attachments = item.File is null ? [] : [item.File],
            Origin = item.Origin.ToRecord(),
            ReceivedAt = item.ReceivedAt,
            Overwrite = overwrite,
            Limits = limits,
        };
    }

    /// <summary>The main tags of a level; sequences go to the <c>MainDicomSequences</c> metadata.</summary>
    public (List<MainTag> Tags, string? Sequences) TagsOf(HeaderScan scan, ResourceLevel level)
    {
        IReadOnlyList<DicomTag> tags = mainTags.Of(level);
        List<MainTag> values = new(tags.Count);
        DataSet? sequences = null;
        for (int i = 0; i < tags.Count; i++)
        {
            DicomTag tag = tags[i];
            if (!scan.Contains(tag))
            {
                continue;
            }

            if (scan.GetVr(tag) == Vr.SQ)
            {
                if (ReadSequence(scan, tag) is { } sequence)
                {
                    (sequences ??= new DataSet()).Set(sequence);
                }
            }
            else if (scan.GetString(tag, settings.DefaultEncoding) is { } text)
            {
                values.Add(new MainTag(tag.Value, text));
            }
        }

        return (values, sequences is null ? null : WriteSequences(sequences));
    }

    /// <summary>Expected number of instances of a series, from the first rule whose tags are there; null where none says.</summary>
    public static string? ExpectedInstances(HeaderScan scan)
    {
        if (scan.Contains(DicomTags.ImagesInAcquisition) && scan.Contains(DicomTags.NumberOfTemporalPositions))
        {
            return Product(Number(scan, DicomTags.ImagesInAcquisition), Number(scan, DicomTags.NumberOfTemporalPositions));
        }

        if (scan.Contains(DicomTags.NumberOfSlices) && scan.Contains(DicomTags.NumberOfTimeSlices))
        {
            return Product(Number(scan, DicomTags.NumberOfSlices), Number(scan, DicomTags.NumberOfTimeSlices));
        }

        return scan.Contains(DicomTags.CardiacNumberOfImages) ? Product(Number(scan, DicomTags.CardiacNumberOfImages), 1) : null;
    }

    /// <summary><c>IndexInSeries</c>: InstanceNumber, else ImageIndex.</summary>
    public static string? IndexInSeries(HeaderScan scan) =>
        (scan.Contains(DicomTags.InstanceNumber) ? scan.GetString(DicomTags.InstanceNumber) : scan.Contains(DicomTags.ImageIndex) ? scan.GetString(DicomTags.ImageIndex) : null)?.Trim();

    /// <summary>What is kept of where the pixel data stands in the file, and how.</summary>
    public static void AddPixelMetadata(HeaderScan scan, List<MetadataValue> metadata)
    {
        if (scan.PixelDataOffset is { } offset)
        {
            // With Orthanc, native pixel data of a file without preamble has no offset: whoever wants it reads the file as a whole, if that is possible.
            if (scan.HasPreamble || scan.TransferSyntax.IsEncapsulated || offset + (scan.PixelDataLength ?? 0) > InstanceFiles.MaximumLoaded / 2)
            {
                metadata.Add(new MetadataValue(MetadataType.PixelDataOffset, offset.ToString(CultureInfo.InvariantCulture)));
            }

            // Only native pixel data can differ from what the encoding implies (PS3.5 8.2): compressed one is OB whatever is written.
            Vr implied = scan.BitsAllocated > 8 ? Vr.OW : Vr.OB;
            bool mayDiffer = scan.PixelDataTag == DicomTags.PixelData && scan.TransferSyntax is { IsExplicitVr: true, IsEncapsulated: false };
            if (mayDiffer && scan.PixelDataVr != implied)
            {
                metadata.Add(new MetadataValue(MetadataType.PixelDataVr, VrInfo.Name(scan.PixelDataVr)));
            }
        }
    }

    private LevelRecord Level(IngestItem item, ResourceLevel level, string publicId, List<MetadataValue>? metadata = null)
    {
        (List<MainTag> tags, string? sequences) = TagsOf(item.Scan, level);
        metadata ??= [];
        if (item.Origin.Derivation?.MetadataOf(level, item.Identifiers!) is { } source)
        {
            metadata.Add(source);
        }

        metadata.Add(new MetadataValue(MetadataType.MainDicomTagsSignature, mainTags.Signature(level)));
        if (sequences is not null)
        {
            metadata.Add(new MetadataValue(MetadataType.MainDicomSequences, sequences));
        }

        return new LevelRecord(publicId, tags, metadata);
    }

    /// <summary>A main tag that is damaged inside is left out: the file is kept all the same, and the damage stays visible in it.</summary>
    private DicomElement? ReadSequence(HeaderScan scan, DicomTag tag)
    {
        try
        {
            return scan.GetSequence(tag, settings.DefaultEncoding);
        }
        catch (DicomFormatException e)
        {
            Log.Dicom.Info($"the sequence {tag} of a received instance cannot be indexed: {e.Message}");
            return null;
        }
    }

    private static List<MetadataValue> SeriesMetadata(IngestItem item)
    {
        List<MetadataValue> metadata = [new(MetadataType.RemoteAet, item.Origin.RemoteAet)];
        if (ExpectedInstances(item.Scan) is { } expected)
        {
            metadata.Add(new MetadataValue(MetadataType.ExpectedNumberOfInstances, expected));
        }

        return metadata;
    }

    private static List<MetadataValue> InstanceMetadata(IngestItem item)
    {
        HeaderScan scan = item.Scan;
        IngestOrigin origin = item.Origin;
        List<MetadataValue> metadata = new(12);
        if (IndexInSeries(scan) is { } index)
        {
            metadata.Add(new MetadataValue(MetadataType.IndexInSeries, index));
        }

        metadata.Add(new MetadataValue(MetadataType.ReceptionDate, OrthancTime.Second(item.ReceivedAt)));
        metadata.Add(new MetadataValue(MetadataType.RemoteAet, origin.RemoteAet));
        metadata.Add(new MetadataValue(MetadataType.Origin, origin.Kind.ToString()));
        metadata.Add(new MetadataValue(MetadataType.TransferSyntax, scan.TransferSyntax.Uid));
        if (scan.GetString(DicomTags.SOPClassUID) is { Length: > 0 } sopClass)
        {
            metadata.Add(new MetadataValue(MetadataType.SopClassUid, sopClass));
        }

        if (origin.RemoteIp.Length > 0)
        {
            metadata.Add(new MetadataValue(MetadataType.RemoteIp, origin.RemoteIp));
        }

        if (origin.Kind == OriginKind.DicomProtocol)
        {
            metadata.Add(new MetadataValue(MetadataType.CalledAet, origin.CalledAet));
        }

        if (origin.Kind == OriginKind.RestApi)
        {
            metadata.Add(new MetadataValue(MetadataType.HttpUsername, origin.Username));
        }

        AddPixelMetadata(scan, metadata);
        return metadata;
    }

    private static string WriteSequences(DataSet sequences)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter writer = new(buffer))
        {
            writer.WriteStartObject();
            writer.WritePropertyName("Sequences"u8);
            OrthancTagsJson.Write(writer, sequences, TagFormat.Full);
            writer.WriteNumber("Version"u8, 1);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    private static long? Number(HeaderScan scan, DicomTag tag)
    {
        if (scan.GetString(tag) is not { } text)
        {
            return null;
        }

        ReadOnlySpan<char> first = text;
        int backslash = first.IndexOf('\\');
        first = backslash < 0 ? first : first[..backslash];
        return long.TryParse(first.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value : null;
    }

    private static string? Product(long? a, long? b) =>
        a is > 0 and < int.MaxValue && b is > 0 and < int.MaxValue ? (a.Value * b.Value).ToString(CultureInfo.InvariantCulture) : null;
}
