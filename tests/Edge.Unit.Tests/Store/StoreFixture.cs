using System.Buffers;
using Edge.Core.Ids;
using Edge.Store;
using Edge.Store.Files;
using Edge.Store.Index;

namespace Edge.Unit.Tests.Store;

/// <summary>A store in a temporary folder, and records that look like DICOM instances.</summary>
public sealed class StoreFixture : IAsyncDisposable
{
    public StoreFixture(string? folder = null)
    {
        Folder = folder ?? Path.Combine(Path.GetTempPath(), $"edge-store-{Guid.NewGuid():N}");
        Store = EdgeStore.Open(new StoreOptions { StorageDirectory = Folder, SyncStorageArea = false });
    }

    public string Folder { get; }

    public EdgeStore Store { get; private set; }

    public IResourceIndex Index => Store.Index;

    public IAttachmentArea Files => Store.Files;

    public async Task ReopenAsync()
    {
        await Store.DisposeAsync();
        Store = EdgeStore.Open(new StoreOptions { StorageDirectory = Folder, SyncStorageArea = false });
    }

    public Task<T> Read<T>(Func<IIndexReader, T> query) => Index.ReadAsync(query, static (reader, q) => q(reader)).AsTask();

    public async Task<StoreOutcome> Add(int patient, int study, int series, int instance, Func<InstanceRecord, InstanceRecord>? change = null, int size = 100)
    {
        byte[] bytes = new byte[size];
        new Lcg((uint)((patient * 1000003) + (study * 10007) + (series * 101) + instance)).Fill(bytes);
        AttachmentRecord file = await Files.WriteAsync(new ReadOnlySequence<byte>(bytes), new WriteOptions());
        InstanceRecord record = Record(patient, study, series, instance, file);
        return await Index.StoreInstanceAsync(change is null ? record : change(record));
    }

    public static string PatientOf(int patient) => ResourceId.ForPatient($"P{patient}");

    public static string StudyOf(int patient, int study) => ResourceId.ForStudy($"P{patient}", $"1.{patient}.{study}");

    public static string SeriesOf(int patient, int study, int series) => ResourceId.ForSeries($"P{patient}", $"1.{patient}.{study}", $"1.{patient}.{study}.{series}");

    public static string InstanceOf(int patient, int study, int series, int instance) =>
        ResourceId.ForInstance($"P{patient}", $"1.{patient}.{study}", $"1.{patient}.{study}.{series}", $"1.{patient}.{study}.{series}.{instance}");

    public static InstanceRecord Record(int patient, int study, int series, int instance, params AttachmentRecord[] files) => new()
    {
        Patient = new LevelRecord(PatientOf(patient),
            [new(0x00100010, $"Müller^Jo {patient:D5}"), new(0x00100020, $"P{patient}"), new(0x00100030, "19700101"), new(0x00100040, "F")], []),
        Study = new LevelRecord(StudyOf(patient, study),
            [new(0x00080020, $"2024{1 + (study % 12):D2}{1 + (patient % 28):D2}"), new(0x00080050, $"A{patient}-{study}"), new(0x00081030, $"IRM cérébrale {study % 3}"), new(0x0020000D, $"1.{patient}.{study}")], []),
        Series = new LevelRecord(SeriesOf(patient, study, series),
            [new(0x00080060, series % 2 == 0 ? "MR" : "CT"), new(0x0020000E, $"1.{patient}.{study}.{series}"), new(0x00181030, $"Protocol {series}")], [new(MetadataType.RemoteAet, "SENDER")]),
        Instance = new LevelRecord(InstanceOf(patient, study, series, instance),
            [new(0x00080018, $"1.{patient}.{study}.{series}.{instance}"), new(0x00200013, $"{instance}")],
            [new(MetadataType.IndexInSeries, $"{instance}"), new(MetadataType.SopClassUid, $"1.2.840.10008.5.1.4.1.1.{(series % 2 == 0 ? 4 : 2)}"), new(MetadataType.ReceptionDate, "20240101T000000")]),
        Attachments = files,
        Origin = new OriginRecord("dicom", "SENDER", 7),
        ReceivedAt = DateTimeOffset.UtcNow,
    };

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        if (Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }
    }
}

/// <summary>A seeded generator.</summary>
public sealed class Lcg(uint seed)
{
    private ulong _state = seed * 6364136223846793005UL + 1442695040888963407UL;

    public uint Next()
    {
        _state = (_state * 6364136223846793005UL) + 1442695040888963407UL;
        return (uint)(_state >> 33);
    }

    public int Next(int below) => (int)(Next() % (uint)below);

    public void Fill(Span<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)Next();
        }
    }
}
