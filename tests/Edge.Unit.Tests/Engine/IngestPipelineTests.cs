using System.IO.Compression;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Engine.Ingest;
using Edge.Store;
using Edge.Store.Files;
using Edge.Store.Index;
using Edge.TestKit.Samples;
using Xunit;

namespace Edge.Unit.Tests.Engine;

public sealed class IngestPipelineTests
{
    [Fact]
    public async Task AnInstanceIsStoredWithItsMetadata()
    {
        await using EngineFixture engine = new();
        SyntheticInstance sample = SyntheticInstance.Numbered(1, 1, 1, 7);
        IngestResult result = await engine.IngestAsync(sample.ToFile());
        Assert.Equal(IngestStatus.Success, result.Status);
        (ResourceRow instance, ResourceRow series) = await engine.Store.Index.ReadAsync(
            result.Identifiers,
            static (reader, ids) => (reader.Find(ids.Instance)!, reader.Find(ids.Series)!));
        Assert.Equal("7", instance.Metadata.Get(MetadataType.IndexInSeries));
        Assert.Equal("RestApi", instance.Metadata.Get(MetadataType.Origin));
        Assert.Equal("alice", instance.Metadata.Get(MetadataType.HttpUsername));
        Assert.Equal("", instance.Metadata.Get(MetadataType.RemoteAet));
        Assert.Equal("127.0.0.1", instance.Metadata.Get(MetadataType.RemoteIp));
        Assert.Null(instance.Metadata.Get(MetadataType.CalledAet));
        Assert.Equal("1.2.840.10008.1.2.1", instance.Metadata.Get(MetadataType.TransferSyntax));
        Assert.Equal(SyntheticInstance.CtImageStorage, instance.Metadata.Get(MetadataType.SopClassUid));
        Assert.NotNull(instance.Metadata.Get(MetadataType.PixelDataOffset));
        Assert.Null(series.Metadata.Get(MetadataType.ExpectedNumberOfInstances));
        Assert.Equal("CT", series.Tags.Get(0x00080060));
        Assert.False(engine.Stability.IsStable(result.Identifiers.Study));
    }

    [Fact]
    public async Task OnlyAFileWithPreambleHasAnOffsetOfPixelData()
    {
        await using EngineFixture engine = new();
        IngestResult result = await engine.IngestAsync(SyntheticInstance.Numbered(1, 1, 1, 8).ToDataSet());
        Assert.Null((await engine.Store.Index.ReadAsync(result.Identifiers.Instance, static (reader, id) => reader.Find(id)!)).Metadata.Get(MetadataType.PixelDataOffset));
    }

    [Fact]
    public async Task ARepeatIsDroppedOrReplaces()
    {
        byte[] first = SyntheticInstance.Numbered(1, 1, 1, 1).ToFile();
        byte[] second = (SyntheticInstance.Numbered(1, 1, 1, 1) with { Seed = 99 }).ToFile();
        foreach (bool overwrite in (bool[])[false, true])
        {
            await using EngineFixture engine = new(options => options.Storage.OverwriteInstances = overwrite);
            await engine.IngestAsync(first);
            IngestResult result = await engine.IngestAsync(second);
            Assert.Equal(overwrite ? IngestStatus.Success : IngestStatus.AlreadyStored, result.Status);
            AttachmentRow file = (await engine.Store.Index.ReadAsync(result.Identifiers.Instance, static (reader, id) => reader.Attachment(reader.Find(id)!.Id, AttachmentType.Dicom)))!;
            byte[] back = new byte[first.Length];
            Assert.Equal(back.Length, await engine.Store.Files.ReadAsync(file.File, AttachmentView.Plain, 0, back));
            Assert.Equal(overwrite ? second : first, back);
        }
    }

    [Fact]
    public async Task WhatTheCommandAnnouncedMustBeInTheDataSet()
    {
        await using EngineFixture engine = new();
        SyntheticInstance sample = SyntheticInstance.Numbered(1, 1, 1, 1);
        EdgeException failure = await Assert.ThrowsAsync<EdgeException>(() => engine.IngestAsync(sample.ToFile(), null, SyntheticInstance.CtImageStorage, "1.2.3"));
        Assert.Equal(ErrorCode.NoSopClassOrInstance, failure.Code);
        failure = await Assert.ThrowsAsync<EdgeException>(() => engine.IngestAsync(sample.ToFile(), null, "1.2.840.10008.5.1.4.1.1.4", sample.SopInstanceUid));
        Assert.Equal(ErrorCode.NoSopClassOrInstance, failure.Code);
        Assert.Equal(0, (await engine.Store.Index.ReadAsync(0, static (reader, _) => reader.Totals())).Counts.Instances);
    }

    [Fact]
    public async Task WhatIsCutOffIsRefusedAtEveryByte()
    {
        await using EngineFixture engine = new();
        byte[] file = (SyntheticInstance.Numbered(1, 1, 1, 1) with { Rows = 4, Columns = 4 }).ToFile();
        HashSet<int> ends = ElementEnds(file);
        for (int length = 0; length < file.Length; length++)
        {
            if (ends.Any(end => length >= end && length - end < 8))
            {
                continue; // between two elements nothing tells that more was to come; a few stray bytes are taken for padding
            }

            EdgeException? failure = await Record.ExceptionAsync(() => engine.IngestAsync(file[..length])) as EdgeException;
            Assert.True(failure is not null, $"cut off after {length} of {file.Length} bytes, it was taken");
            Assert.Contains(failure.Code, (ErrorCode[])[ErrorCode.BadFileFormat, ErrorCode.InexistentTag]);
        }

        Assert.Equal(0, (await engine.Store.Index.ReadAsync(0, static (reader, _) => reader.Totals())).Counts.Instances);
        Assert.Equal(0, engine.Budget.Used);
    }

    /// <summary>Where the elements of an explicit little-endian file end.</summary>
    private static HashSet<int> ElementEnds(byte[] file)
    {
        HashSet<int> ends = [];
        for (int at = 132; at < file.Length;)
        {
            bool wide = file[at + 4] == 'O';
            at += wide ? 12 + BitConverter.ToInt32(file, at + 8) : 8 + BitConverter.ToUInt16(file, at + 6);
            ends.Add(at);
        }

        return ends;
    }

    [Fact]
    public async Task ASpooledObjectIsTheSameAsOneInMemory()
    {
        await using EngineFixture engine = new(spoolThreshold: 64 << 10);
        byte[] file = (SyntheticInstance.Numbered(1, 1, 1, 1) with { Rows = 512, Columns = 512 }).ToFile();
        IngestResult result = await engine.IngestAsync(file);
        AttachmentRow row = (await engine.Store.Index.ReadAsync(result.Identifiers.Instance, static (reader, id) => reader.Attachment(reader.Find(id)!.Id, AttachmentType.Dicom)))!;
        byte[] back = new byte[file.Length];
        await engine.Store.Files.ReadAsync(row.File, AttachmentView.Plain, 0, back);
        Assert.Equal(file, back);
        Assert.True(row.File.StoredSize < file.Length, "the native pixels are compressed");
    }

    [Fact]
    public async Task AFullStoreIsSaidSoAndKeepsWhatItHas()
    {
        await using EngineFixture engine = new(options =>
        {
            options.Storage.MaximumPatientCount = 1;
            options.Storage.MaximumStorageMode = global::Edge.Core.Options.MaximumStorageMode.Reject;
        });
        Assert.Equal(IngestStatus.Success, (await engine.IngestAsync(SyntheticInstance.Numbered(1, 1, 1, 1).ToFile())).Status);
        IngestResult refused = await engine.IngestAsync(SyntheticInstance.Numbered(2, 1, 1, 1).ToFile());
        Assert.Equal(IngestStatus.StorageFull, refused.Status);
        Assert.Equal(507, ErrorTable.Of(refused.ToStorageFull().Code).HttpStatus);
        Assert.Equal(1, (await engine.Store.Index.ReadAsync(0, static (reader, _) => reader.Totals())).Counts.Instances);
    }

    [Fact]
    public async Task AZipIsTakenInMemberByMember()
    {
        await using EngineFixture engine = new();
        using MemoryStream archive = new();
        using (ZipArchive zip = new(archive, ZipArchiveMode.Create, leaveOpen: true))
        {
            for (int i = 1; i <= 3; i++)
            {
                using Stream entry = zip.CreateEntry($"{i}").Open();
                entry.Write(i == 2 ? "no DICOM"u8 : SyntheticInstance.Numbered(1, 1, 1, i).ToFile());
            }
        }

        await using IncomingObject content = engine.Pipeline.Receive();
        await content.AppendAsync(archive.ToArray(), CancellationToken.None);
        Assert.True(ZipIngest.IsZip(content.Bytes.Span));
        Assert.Equal(2, (await ZipIngest.RunAsync(engine.Pipeline, content, EngineFixture.Rest, CancellationToken.None)).Count);
    }

    [Fact]
    public async Task ADamagedZipIsABadFile()
    {
        await using EngineFixture engine = new();
        await using IncomingObject content = engine.Pipeline.Receive();
        await content.AppendAsync("PK\x03\x04 and then nothing that makes sense"u8.ToArray(), CancellationToken.None);
        EdgeException failure = await Assert.ThrowsAsync<EdgeException>(() => ZipIngest.RunAsync(engine.Pipeline, content, EngineFixture.Rest, CancellationToken.None));
        Assert.Equal(ErrorCode.BadFileFormat, failure.Code);
    }
}
