using System.Globalization;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Core.Options;
using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Dicom.Text;
using Edge.Engine.Content;
using Edge.Engine.Ingest;
using Edge.Engine.Modification;
using Edge.Engine.Modification.Deriving;
using Edge.Engine.Runtime;
using Edge.Store.Index;

namespace Edge.Engine.Creation;

/// <summary>Makes new instances of tags and content, and takes them in like everything that arrives.</summary>
public sealed class DicomCreation(IResourceIndex index, InstanceFiles files, IngestPipeline ingest, ResourceDeletion deletion, RuntimeSettings settings, EdgeOptions options)
{
    /// <summary>Room for the group 0002 that is built.</summary>
    private const int MetaRoom = 1024;

    private static readonly DicomTag[] Dates = [DicomTags.AcquisitionDate, DicomTags.ContentDate, DicomTags.InstanceCreationDate];
    private static readonly DicomTag[] Times = [DicomTags.AcquisitionTime, DicomTags.ContentTime, DicomTags.InstanceCreationTime];

    /// <summary>Set by the server, and replaced by a request without being forced.</summary>
    private static readonly HashSet<DicomTag> Replaceable =
    [
        .. Dates, .. Times, DicomTags.SeriesDate, DicomTags.SeriesTime, DicomTags.StudyDate, DicomTags.StudyTime, DicomTags.PatientID, DicomTags.SpecificCharacterSet,
    ];

    /// <summary>Makes the instances of a request; where one fails, none of them stays.</summary>
    /// <param name="run">Runs work on a thread that may wait.</param>
    /// <returns>One result per instance.</returns>
    /// <exception cref="EdgeException">CreateDicomBadParent, CreateDicomParentIsInstance, CreateDicomOverrideTag, and what content and tags can be wrong in.</exception>
    public async ValueTask<List<IngestResult>> CreateAsync(CreationRequest request, IngestOrigin origin, Func<Action, Task> run, CancellationToken cancellation)
    {
        (ResourceLevel Level, DataSet DataSet)? parent = request.Parent is null ? null : await ReadParentAsync(request.Parent, cancellation).ConfigureAwait(false);
        List<IngestResult> made = new(request.Contents.Count);
        try
        {
            DataSet common = Begin(request, parent?.Level, parent?.DataSet);
            for (int i = 0; i < request.Contents.Count; i++)
            {
                made.Add(await CreateAsync(request, common, i, origin, run, cancellation).ConfigureAwait(false));
            }

            return made;
        }
        catch when (made.Count > 0)
        {
            await deletion.DeleteAsync([.. made.Where(static one => one.Status == IngestStatus.Success).Select(static one => one.Identifiers.Instance)], CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    private async ValueTask<IngestResult> CreateAsync(CreationRequest request, DataSet common, int position, IngestOrigin origin, Func<Action, Task> run, CancellationToken cancellation)
    {
        DicomFile? file = null;
        await run(() =>
        {
            DataSet dataSet = request.IsSeries ? common.Clone() : common;
            dataSet.DefaultEncoding = common.DefaultEncoding;
            CreatedContent content = request.Contents[position];
            if (request.IsSeries)
            {
                Number(dataSet, request, position);
                SetTags(dataSet, request, content.Tags, force: true);
            }

            TransferSyntax syntax = content.Uri is null ? TransferSyntax.ExplicitVrLittleEndian : ContentEmbedding.Embed(dataSet, content.Uri, request.Encapsulate);
            file = new DicomFile(null, dataSet, syntax);
            FileMetaInformation.Ensure(file);
        }).ConfigureAwait(false);
        await using IncomingObject target = ingest.Receive();
        await target.ExpectAsync(DicomWriter.Measure(file!.DataSet, file.TransferSyntax) + MetaRoom, cancellation).ConfigureAwait(false);
        await run(() => DicomWriter.WriteFile(new IncomingWriter(target), file)).ConfigureAwait(false);
        IngestResult result = await ingest.IngestAsync(target, origin, cancellation: cancellation).ConfigureAwait(false);
        return result.Status == IngestStatus.StorageFull ? throw result.ToStorageFull() : result;
    }

    /// <summary>What all instances of the request have: character set, identifiers, dates, what the parent gives, the tags of the request.</summary>
    private DataSet Begin(CreationRequest request, ResourceLevel? parentLevel, DataSet? parent)
    {
        DataSet dataSet = new();
        SpecificCharacterSet characterSet = CharacterSetOf(request, parent);
        if (characterSet.Value.Length > 0)
        {
            dataSet.SetString(DicomTags.SpecificCharacterSet, characterSet.Value, Vr.CS);
        }

        dataSet.DefaultEncoding = characterSet.Encoding;
        dataSet.SetString(DicomTags.PatientID, Guid.NewGuid().ToString("D", CultureInfo.InvariantCulture), Vr.LO);
        dataSet.SetString(DicomTags.StudyInstanceUID, UidMapper.NewUid(), Vr.UI);
        dataSet.SetString(DicomTags.SeriesInstanceUID, UidMapper.NewUid(), Vr.UI);
        dataSet.SetString(DicomTags.SOPInstanceUID, UidMapper.NewUid(), Vr.UI);
        Date(dataSet, parentLevel);
        for (ResourceLevel level = ResourceLevel.Patient; parent is not null && level <= parentLevel; level++)
        {
            Inherit(dataSet, parent, level);
        }

        SetTags(dataSet, request, request.Tags, request.Force);
        return dataSet;
    }

    private SpecificCharacterSet CharacterSetOf(CreationRequest request, DataSet? parent)
    {
        foreach ((DicomTag tag, _, System.Text.Json.JsonElement value) in request.Tags)
        {
            if (tag == DicomTags.SpecificCharacterSet)
            {
                return value.ValueKind == System.Text.Json.JsonValueKind.String ? CharacterSets.Require(value.GetString()!) : throw new EdgeException(ErrorCode.BadParameterType);
            }
        }

        return parent?.CharacterSet ?? SpecificCharacterSet.Of(settings.DefaultEncoding);
    }

    /// <summary>The current date and time in UTC.</summary>
    private static void Date(DataSet dataSet, ResourceLevel? parent)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        string date = now.ToString("yyyyMMdd", CultureInfo.InvariantCulture), time = now.ToString("HHmmss.ffffff", CultureInfo.InvariantCulture);
        foreach (DicomTag tag in Dates)
        {
            dataSet.SetString(tag, date, Vr.DA);
        }

        foreach (DicomTag tag in Times)
        {
            dataSet.SetString(tag, time, Vr.TM);
        }

        if (parent is null or < ResourceLevel.Series)
        {
            dataSet.SetString(DicomTags.SeriesDate, date, Vr.DA);
            dataSet.SetString(DicomTags.SeriesTime, time, Vr.TM);
        }

        if (parent is null or < ResourceLevel.Study)
        {
            dataSet.SetString(DicomTags.StudyDate, date, Vr.DA);
            dataSet.SetString(DicomTags.StudyTime, time, Vr.TM);
        }
    }

    /// <summary>Copies the module of a level from an instance of the parent: its texts and numbers, not its sequences.</summary>
    private static void Inherit(DataSet dataSet, DataSet parent, ResourceLevel level)
    {
        IReadOnlySet<DicomTag> module = ModuleTags.Of(level);
        foreach (DicomElement element in parent)
        {
            if (module.Contains(element.Tag) && !element.IsSequence && parent.GetString(element.Tag) is { } text)
            {
                dataSet.SetString(element.Tag, text, element.Vr == Vr.UN ? Vr.None : element.Vr);
            }
        }
    }

    private void SetTags(DataSet dataSet, CreationRequest request, IReadOnlyList<(DicomTag Tag, string? Creator, System.Text.Json.JsonElement Value)> tags, bool force)
    {
        JsonTags json = new(string.IsNullOrEmpty(request.PrivateCreator) ? options.Dictionaries.DefaultPrivateCreator : request.PrivateCreator, request.InterpretsBinaryTags);
        foreach ((DicomTag tag, string? creator, System.Text.Json.JsonElement value) in tags)
        {
            if (tag == DicomTags.SpecificCharacterSet)
            {
                continue;
            }

            if (!force && !Replaceable.Contains(tag) && dataSet.Contains(tag))
            {
                throw new EdgeException(ErrorCode.CreateDicomOverrideTag, $"The tag {tag} ({DicomDictionary.OrthancName(tag)}) is set already, by the parent or by the server; \"Force\" replaces it");
            }

            if (!JsonTags.CanEncode(dataSet.CharacterSet, value))
            {
                dataSet.ChangeCharacterSet(SpecificCharacterSet.Utf8);
            }

            json.Set(dataSet, tag, creator, value);
        }
    }

    /// <summary>The place of an instance in the series that is made.</summary>
    private static void Number(DataSet dataSet, CreationRequest request, int position)
    {
        dataSet.SetString(DicomTags.SOPInstanceUID, UidMapper.NewUid(), Vr.UI);
        dataSet.SetInteger(DicomTags.ImagesInAcquisition, request.Contents.Count, Vr.IS);
        dataSet.SetInteger(DicomTags.NumberOfTemporalPositions, 1, Vr.IS);
        dataSet.SetInteger(DicomTags.InstanceNumber, position + 1, Vr.IS);
        dataSet.SetInteger(DicomTags.ImageIndex, position + 1, Vr.US);
    }

    private async ValueTask<(ResourceLevel Level, DataSet DataSet)> ReadParentAsync(string id, CancellationToken cancellation)
    {
        (ResourceLevel level, string? sibling) = await index.ReadAsync(
            id,
            static (reader, publicId) => reader.Find(publicId) is { } row
                ? row.Level == ResourceLevel.Instance ? throw new EdgeException(ErrorCode.CreateDicomParentIsInstance) : (row.Level, reader.FirstInstance(row.Id)?.PublicId)
                : throw new EdgeException(ErrorCode.CreateDicomBadParent),
            cancellation).ConfigureAwait(false);
        StoredInstance instance = await files.RequireAsync(sibling ?? throw new EdgeException(ErrorCode.CreateDicomBadParent), cancellation).ConfigureAwait(false);
        return (level, (await files.ReadHeaderAsync(instance, cancellation).ConfigureAwait(false)).DataSet);
    }
}
